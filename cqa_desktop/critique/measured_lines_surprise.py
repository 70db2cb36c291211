"""The lines of the measured critic's bank on what nothing explains; see `measured_bank` for how they are read."""

from __future__ import annotations

from typing import Final

SURPRISE: Final = """
# odd / lead
The surprise in “{quote}” sits on “{word}”.
[smooth] This runs smoothly until “{word}”, and there it turns.
[late !smooth] “{quote}” keeps its strangest word for its end: “{word}”.
[early] “{word}” comes before a reader has been given anything to hold it by.
[second] Two words in this sentence pull away from the rest, “{word}” and “{second}”.
[story_none] Little that came before leads to “{word}”.
[!smooth !late] “{word}” is the word that a reader has to stop for.
[story_little] The page so far gives “{word}” only a little help.

# world / lead
[smooth] The sentence walks along quite naturally, and then there is “{word}” in it.
Is “{word}” possible here, as things stand in this world?
“{word}” is what a reader would question in “{quote}”.
[second] “{word}” and “{second}” both ask to be believed, close together.
[story_none] Nothing on the page has said that there is such a thing here as “{word}” suggests.
Of all that this sentence claims, “{word}” is furthest from what has been established.
[late] The line ends on a claim about its world, “{word}”, that was not prepared.
[early] Already at “{word}” a reader has to take something about this world on trust.

# dense / lead
[second] “{word}”, “{second}”: several unexpected words stand close together here.
This sentence asks for attention in more than one place, and most of all at “{word}”.
“{quote}” is heavy going for somebody who reads it once; “{word}” weighs most.
[second] A reader has hardly placed “{word}” when “{second}” wants placing too.
[story_none] Nothing that came before lightens “{quote}”, and it has more than one thing to carry.
The surprise here is not in one word but along the whole line, with “{word}” at the top.

# stranger / lead
[!several] A reader meets {names} here for the first time, with nothing to go by.
[several] {names} arrive together, and none of them has been named before.
[several] Who, or what, are {names}? The draft up to this line has not said.
[!several] The draft has not mentioned {names} until this line, and the line goes on as if it had.
[several] This sentence counts on a reader who already knows {names}.
[!several] To somebody who has only these pages, {names} is a name without anything behind it.
[several] {names} are spoken of as old acquaintances; on these pages they are new.
[!several story_none] {names} comes without an introduction, and what came before does not supply one.

# voice / lead
The speech turns at “{word}”: it is not a word that the talk so far leads to.
[second] “{word}” and “{second}” stand out from the way people have been speaking here.
[smooth] The line sounds like talk until “{word}”.
[marked] “{quote}” is the least expected thing that anybody says hereabouts, and “{word}” is where it shows.
[early marked] From “{word}” on, this speaker no longer talks as a reader would foresee.
[story_none] Nothing said before makes “{word}” any easier to hear coming.
[marked] Whoever says “{word}” has changed their manner, or has not been heard before.
Of what is said here, “{word}” is what a listener would take up.
[late] The speech ends on “{word}”, which is hard to hear coming.

# ahead / lead
“{word}” is at home in the world that you wrote down, and less so on the page.
Somebody who knows what you noted about the world is readier for “{word}” than a reader is.
What you know about this place explains “{word}”; the pages before it do so less.
The brief holds the key to “{word}”, and a reader has not read the brief.

# any / reader
[!went] A reader would sooner have expected “{expected}”.
[!went] Where you have “{word}”, more readers would have seen “{expected}” coming.
[another !went] “{expected}” or “{another}” would have been more ordinary.
[went] Left alone at that point, a reader might have gone on: “… {went}”.
[leaning] A reader was leaning towards “{expected}”, perhaps so: “… {leaning}”.
[went expected !leaning] “{expected}” was likelier there; another way on would have been “… {went}”.
[went elsewhere] Before “{word}” the line could have run on as “… {went}”, or as “… {elsewhere}”.
[another] What was expected there is nearer to “{expected}” or “{another}”.
[went !expected] There was no one word to expect; one way on would have been “… {went}”.
[!expected !went] No one word was to be expected in its place.
[expected] The word in a reader's mind at that moment is more like “{expected}”.

# any / views
[alone !brief_some !brief_none] There is nothing before this passage, so the sentence has to account for itself.
[alone brief_none] There is nothing before it in the draft, and your brief does not lead there either.
[alone brief_some] There is nothing before it in the draft; your brief gives it some ground.
[story_word !brief_some !brief_none] The story before it does make room for the word, though not enough.
[story_word !brief_some !brief_none] Something in the story leads part of the way.
[story_word !brief_some !brief_none] The pages before it take a reader some of the distance.
[story_word brief_none] The story makes some room for it; your brief adds nothing.
[story_word brief_none] The story opens the door a little; the brief does not.
[story_word brief_none] Part of it is owed to the story, and nothing to the brief.
[story_word brief_some] Both the story and your brief make some room for it, and it is still a leap.
[story_little !brief_some !brief_none] The story helps with the sentence around it more than with the word itself.
[story_little !brief_some !brief_none] The story steadies the rest of the sentence, not this word.
[story_little !brief_some !brief_none] What came before helps with everything here but this.
[story_little brief_none] What the story gives goes to the words around it, and the brief does not help.
[story_little brief_none] The story helps around the word and not with it; the brief is silent.
[story_little brief_none] What came before steadies the rest of the sentence; neither it nor the brief reaches the word.
[story_little brief_some] The story helps a little, and your brief a little more.
[story_none !brief_some !brief_none] The story so far does not make it any easier to see coming.
[story_none !brief_some !brief_none] The pages before it do not lead there.
[story_none !brief_some !brief_none] Nothing in what came before prepares for it.
[story_none brief_none] Neither the story so far nor your brief makes it easier to see coming.
[story_none brief_none] Nothing in the story leads there, and nothing in your brief.
[story_none brief_none] Story and brief are both silent about it.
[story_none brief_some] The story does not lead there; something in your brief does.
[reality_most !alone] Of what you wrote in the brief, it is the world that helps most.
[audience_most !alone] Of what you wrote in the brief, it is knowing the readers that helps most.
[intent_most !alone] Of what you wrote in the brief, it is your intent that helps most: what you are after shows.

# odd / other
With “{expected}” in its place the line would arrive where it was heading, and ask for nothing.
“{expected}” would have cost the line its surprise and kept its direction. One of the two is worth more here.
A likelier word would have let a reader pass; there is a choice in “{word}” that has to be worth the look.
[!expected] A plainer word there would let a reader through without a pause. This one makes them stop.
Prepared one sentence earlier, “{word}” would come as an answer instead of an interruption.
[story_none] If something on the page before had touched on it, “{word}” would be a pay-off; as it is, it is news.

# world / other
[expected] With “{expected}” there no reader would ask; with “{word}” they need a reason to believe.
If the place had shown a trace of it beforehand, “{word}” would prove something about this world, not test it.
A likelier word would have passed without doubt. Against it, “{word}” says that this world is different.
Were it impossible here, a reader who noticed would doubt the next thing too; were it possible, they would ask how.
[!expected] A thing that this world has shown before would be taken as read here. This one is not.

# dense / other
Spread over two sentences, each of these surprises would be met separately.
With one plain word among them, such as “{expected}”, a reader could get their breath before the next.
[second] If “{second}” were something a reader knew already, “{word}” would have all their attention.
Kept as it is, it slows a reader down; that is a fault on the way elsewhere, and none if this is the place to stop.

# stranger / other
With half a line on who or what is meant, the same words would be a piece of information and not a password.
Said without the name, the sentence would tell a newcomer as much as it tells them now.
[audience_none] If the readers you have in mind knew it, this would flatter them; those who do not will feel outside.
[several] One new name can be carried along on trust; more at once are usually let fall.
Had it been mentioned in passing a page ago, a reader would now have the pleasure of recognising it.

# voice / other
“{expected}” is what more speakers would say, and with it a reader would learn nothing about this one.
If this is how the speaker always talks, one earlier line of theirs in the same manner would let a reader enjoy it here.
Most people would have gone on with another word. The distance from there to “{word}” is what a reader hears.
[!expected] In plainer words it would sound like the others. The question is whether it sounds like anybody.
In another mouth this line might be in character; nothing here says so of this one.

# ahead / other
If the page said what the brief says, “{word}” would be earned for everybody; as it is, it is earned for you.
With “{expected}” there, a reader would not need to know what you know.
Given a page earlier, what you know about this world would turn “{word}” from a puzzle into a recognition.

# odd / try
What is it that “{word}” knows and the page has not said? Could an earlier line let a little of it slip?
Read the sentence aloud with a breath before “{word}”. Does the breath belong there?
Is “{word}” the point of the sentence or a thing it passes on its way? If the latter, does it need to be so bright?
If it matters, where does “{word}” come back? If it does not, what would go with it?
Ask what would have to stand two sentences earlier for “{word}” to feel late and not early.
[second] Which of “{word}” and “{second}” would you give up first?
[extreme] Try the passage without this sentence. Who misses it?

# world / try
What in this world makes “{word}” possible, and does a reader know it by now?
Ask somebody who belongs to this place: would they have noticed it, or not given it a thought?
Check it against what is true there: the year, the means, the rules you have set. Does it hold?
If it is right, let the world show its hand once before. If it is a slip, what would have been there instead?
What else would have to be so, if this is so? Is any of that on the page?

# dense / try
Where would a first reader look up from this line? Is that where you want their eyes?
Which one of these surprises is the one you would keep?
Could one of them wait until the next sentence?
Think of a single reader. Which of these words do they already have?

# stranger / try
What is the least that somebody has to be told here, and who on the page could tell them?
Does the name do anything in this scene? If not yet, could it wait until it does?
Who among your readers is left out by this line, and do you mind?
Would a stranger to these pages guess, from this line alone, whether a person, a place or an event is meant?

# voice / try
Cover the speech tags. Would a reader still know who says this?
What does the speaker want at this moment, and is this how they would go about getting it?
Who in the scene would be surprised to hear it? Could one of them show it?
Say the line aloud, in this company. Does anybody laugh who should not?
[extreme] Is it the character who talks here, or somebody above their head?

# ahead / try
Which of the facts in your brief could stand on the page, as something seen, before this line?
What would a reader have to have noticed by now? Was it there to be noticed?
"""
