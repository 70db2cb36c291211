"""The lines of the measured critic's bank on all the rest; see `measured_bank` for how they are read."""

from __future__ import annotations

from typing import Final

REST: Final = """
# earned / lead
[much] “{quote}” is unexpected by itself, and much less so where it stands.
[!much] “{quote}” is unexpected by itself, and a little less so where it stands.
[helped] By itself “{helped}” would come out of nowhere; here some room has been made for it.
[echo] “{echo}” was laid down well before, and this sentence picks it up.
[helped !echo] This sentence surprises by itself, and less so in its place, most clearly at “{helped}”.
[!helped much] Read alone this is a surprise, and read in its place it is much less of one.
[!helped !much] Read alone this is a surprise, and read in its place it is somewhat less of one.
[echo helped] Between an old word, “{echo}”, and a new one, “{helped}”, the sentence is both remembered and fresh.

# earned / more
[story_word brief_none] It is the story that carries it; the brief had no part in it.
[story_word !brief_none !brief_some] It is what came before in the story that does it.
[brief_some] Your brief and the story share that work.
[intent_most] What you said you were after shows in it.
[story_little] The help is spread over the whole sentence and sits on no single word.

# earned / other
With the expected “{expected}” in its place the sentence would be as clear, and there would be less to be pleased by.
[much] Without what was set up before it, the same sentence would stop a reader instead of rewarding one.
[!much] Cut off from what stands before it, the same sentence would ask a little more of a reader.
[echo] Had “{echo}” not stood there earlier, this would be a new thing to explain and not an old one come home.
[helped] Take away what led up to it, and “{helped}” is stranger still.
[went helped] Before “{helped}” an easier way on would have been “… {went}”. This one had to be prepared.
[went word] Before “{word}” an easier way on would have been “… {went}”. This one had to be prepared.

# earned / try
Keep it. Is the line that prepares it still far enough away to be half forgotten?
Is there anything after it that explains it over again? If so, it can go.
Would it be stronger still as the last sentence of its paragraph?
Which earlier line does the work for this one? Take care not to cut that.
Leave it alone, and see whether the sentence after it lets it be heard.

# fits / lead
“{quote}” could not be said just anywhere: this world makes it likelier.
[helped] What is true in this world leads to “{helped}”, and the sentence does not stop to explain it.
The surprise in this line is partly paid for by the world that you wrote down.

# fits / other
In a world with no such rules the line would be a whim. Here it follows.
[expected] “{expected}” would have been true in any world. This is true in yours.

# fits / try
Does the page know what the brief knows by now, or is it still only you?
Let it stand. What else follows from the same fact?

# meant / lead
“{quote}” is a line for the readers you named: to them it comes as less of a surprise.
[helped] Readers of the kind you have in mind are ready for “{helped}”; others would be less so.

# meant / other
For another reader the same line might need a hint. For these it is the hint.
[expected] “{expected}” would have served anybody, and pleased these readers less.

# meant / try
Keep it, and check that it is not the third wink in a row.
Who else might read this? Do they lose more than a smile?

# stock / lead
[known] Once a reader has “{known}”, the rest is there before they read it: “{rest}”.
[known] “{known}” gives away “{rest}”; nobody needs to read that far.
[!known !listed] “{quote}” comes ready-made: each of its words is among the first that anybody would think of.
[listed] “{quote}” has been on many pages before this one.
[listed] A reader has met “{quote}” often enough not to see it any more.
[listed] “{quote}” is one of those phrases that were fresh once, for somebody else.
[listed] The words of “{quote}” have kept each other company for a long time.
[known] The words “{rest}” were already in a reader's mind at “{known}”.
[known] It takes only “{known}” for a reader to finish this themselves.

# stock / more
[spoken] It is said by somebody, and people do talk like that; it still has to be worth hearing.
[!spoken] The eye slides over such a run, and whatever it was meant to show goes with it.
[!spoken] It tells what kind of thing happened, not what happened.

# stock / other
One thing seen there and then, in place of “{quote}”, would have made a reader look.
[rest] If “{known}” had gone anywhere but to “{rest}”, the sentence would have woken up.
Without the phrase the sentence loses a few words and, probably, nothing else.
[spoken] If the speaker broke it off after “{known}”, a reader would finish it and hear them stop.

# stock / try
What did you see before the phrase came to hand?
[!spoken] Who thinks in this phrase: the person in the scene, or nobody?
[spoken] Would this speaker reach for a ready-made phrase now? If that is the point, does somebody notice?
What happened in the body, or in the room, that the phrase stands in for?

# foreseen / lead
[very] A reader has “{quote}” before you give it to them: hardly anything in it could have been otherwise.
“{quote}” goes where it was always going.
A reader can see “{quote}” coming from some way off.
There is little in “{quote}” that the sentences before it had not already promised.
Each word of “{quote}” is close to the first that would come to mind.

# foreseen / more
That can be a rest, and most pages need some; it can also be where a reader starts to skip.
Plain sentences carry a story along. The question is whether this one carries anything.
[very] It is among the easiest lines of its length to foresee.

# foreseen / other
With one detail that only this place could supply, it would be read and not just passed over.
If it were gone, a reader would most likely fill it in without noticing.
Kept, it gives a reader a place to breathe; cut, it brings the sentences on either side face to face.

# foreseen / try
What would be lost if it went?
Is it there so that something else can be seen against it? Then is the something else near enough?
What would only this person, in this place, have seen or done just then?
What is a reader waiting for while this goes by?

# said / lead
“{quote}” is close to what anybody would say.
Few readers would be surprised by “{quote}”, and few would know the speaker by it.
[very] “{quote}” might be said by almost any speaker.
In “{quote}” the talk is idling.
“{quote}” is a reply that a reader has ready before it is given.

# said / more
Small talk is true to life, and it can hide something. If it hides something here, that does not show yet.
Speech like this keeps a scene moving. There is little in it yet to tell one speaker from another.

# said / other
With one word of the speaker's own in it, the same reply would tell a reader whom they are listening to.
Were it left out, the next line would probably answer just as well.
A silence in its place would make a reader wonder; this lets them not.

# said / try
What is the speaker not saying with it?
Could anybody else in the scene have said it? Should they?
What would this speaker say if they thought nobody was listening?
Is there something being done meanwhile that says more?

# again / lead
This says once more what “{earlier}” has just said; {same} come back.
{same}: the sentence is made of what stands just before it, in “{earlier}”.
“{quote}” goes over the same ground as “{earlier}”.
A reader has all this already from “{earlier}”.

# again / more
Saying a thing twice can drive it in. Here the second time adds next to nothing to the first.
The words return and no new one joins them that would change the picture.
It shows little trust in the sentence before it, which did the work.

# again / other
Without it, “{earlier}” would stand alone, and would be heard.
If the second telling saw it from elsewhere, or later, it would add something to the first.
Kept, the two halve each other; a reader who had it the first time begins to wait.

# again / try
Which of the two would you keep if you could have only one?
Did the first one miss something? Could it be put there?
Is somebody in the scene insisting on it? Then could it be heard that they insist?

# told / lead
“{reason}” and “{feeling}” tell a reader what to make of what they have just seen.
The scene is explained here: “{feeling}” gives a name to what was being shown.
After “{reason}” the sentence stops showing and accounts for itself.
[easy] From “{reason}” on a reader could write the rest: “{quote}”.
“{quote}” draws the conclusion that a reader was about to draw.

# told / more
[easy] The explanation is easier to foresee than the passage around it, a sign that it was already understood.
[!easy] It is not an obvious explanation; all the same it is one.
Whoever had understood is told again, and whoever had not is told by the wrong voice.

# told / other
If the sentence ended before “{reason}”, a reader would be left alone with it, and would have to feel it for themselves.
Without the word “{feeling}” the same moment would have to be read in what people do.
[easy] Left unsaid, it would still be understood; said, it is over.

# told / try
Cover the explanation. What, in what is done and said, still shows it? If nothing does, what could?
Who is it that explains here, and to whom? Would they?
Is it true, or only neat? What is left over when “{feeling}” has been said?

# even / lead
{Count} sentences in a row have the same length, from “{first}” to “{last}”.
From “{first}” on, {count} sentences fall with the same beat.
The ear counts along here: {count} short sentences, one as long as the other, ending with “{last}”.
{Count} times the sentence begins, walks a few steps and stops, from “{first}” on.

# even / more
None of them is given more room than another, so none of them seems to matter more.
A beat like that can be a drum or a dripping tap; which it is depends on what it is for.
By the third or fourth a reader hears the pattern and no longer what it carries.

# even / other
One long sentence among them would make a reader hear where the weight is.
Two of them joined would leave the others sounding short on purpose.
If the beat broke where the scene turns, the turn could be heard.

# even / try
What is the beat for? If it is dread, or boredom, or a list, does a reader know whose?
Which of the {count} is the one that counts? Does it sound different from the rest?
Read them aloud. Where does your voice want to run on?

# openings / lead
{Count} sentences in a row begin with “{opening}”.
“{opening}”, and “{opening}” again: {count} sentences set off from the same word.
{Count} times running, the first word a reader comes to is “{opening}”.

# openings / more
Done for its own sake that is a figure of speech, and a reader will listen for what it builds up to.
If it was meant, it wants to end on something; if not, it is a habit and a reader will hear it as one.

# openings / other
If one of them began with what is seen, and not with who sees it, the others would sound meant.
With the pattern broken at the last one, the last one would be heard.

# openings / try
Does the last of them bring what the row has promised?
Is the row somebody's way of thinking, or only how the sentences came?

# brief stop / lead
“{quote}” stops short after a long sentence, and is heard for it.
After the length of “{earlier}”, the few words of “{quote}” come down with weight.

# brief stop / other
Joined to the sentence before, it would be a remark; alone it is a fact.
At the usual length it would be passed over as one more step.

# brief stop / try
Is it the thing that should weigh most here? Then leave the silence after it alone.
How often does the page do this? The second time it is half as loud.

# longer / lead
The sentences here are a good deal longer than those around them.
The passage takes longer breaths than its neighbours do.
# longer / more
[peak] The surprise is not spread evenly either: it gathers in “{peak}”.
[level] And no sentence among them is much more surprising than the next, so nothing tells a reader where to slow down.
[!peak !level] A reader will slow down with it, wanted or not.
# longer / other
Cut to the length of its surroundings it would be over sooner, and might be missed; as it is, it asks to be dwelt on.
If only one sentence were long, that one would be the event.
# longer / try
What in this passage deserves the extra breath? Does it get the longest sentence?
Who is out of breath here, if anybody?

# shorter / lead
The sentences here are much shorter than those around them.
The passage steps faster than the text on either side of it.
# shorter / more
[peak] Among these short steps one stands out, “{peak}”.
[level] Each step is as easy, or as odd, as the one before, so the haste has no point of arrival.
[!peak !level] A reader feels that something is the matter, and looks for it.
# shorter / other
At the pace of the surroundings, the same things would seem to take their time; here they seem to happen.
One longer sentence would show where the hurry ends.
# shorter / try
Who is in a hurry: the people, the story, or the author?
Where should a reader be allowed to stop?

# unvaried / lead
The sentences here are more alike in length than those around them.
The passage keeps one stride, where the text around it changes step.
# unvaried / more
[peak] What breaks the evenness is what is said in “{peak}”, and not how.
[level] What they say is as even as how long they are: no sentence surprises much more than the next.
[!peak !level] A reader hears the stride before long.
# unvaried / other
A sentence cut short where it matters would do more than any word in it.
With the stride broken once, a reader would know where to look.
# unvaried / try
Where does the passage turn? Can that be heard with the words taken away?
Clap it. Is that the pulse of what is going on?

# reality helps / lead
The passage leans on the world that you wrote down.
[word] What you wrote about the world shows in the passage, most of all at “{word}”.
# reality helps / other
Set in no place in particular, it would have to explain itself more.
A page that did not know these facts could not have been written in these words.
# reality helps / try
Which of those facts has the page itself given by now, and which only the brief?
Does anything here go against one of them?

# reality silent / lead
What you wrote about the world leaves no trace here that can be measured.
Nothing in the passage becomes noticeably likelier by what is true in this world.
As far as can be seen, the passage could stand in another world too.
# reality silent / other
One thing that is so only here would fix the passage to its place.
If another place and time would do as well, nothing in them is pressing on the people.
# reality silent / try
What is there in the scene that could be nowhere else? Is it in this passage?
Which word here belongs to this world and to no other?

# audience helps / lead
The readers whom you named are readier for this passage than others would be.
[word] Whoever you are writing for will be less surprised by “{word}” than a stranger is.
# audience helps / other
Written for nobody in particular, it would have to be plainer.
For other readers, some of this would be work.
# audience helps / try
Is it wanted that they see it coming?
Where could the passage ask a little more of such readers?

# audience silent / lead
Nothing here shows, as far as can be measured, that it is meant for the readers whom you named.
Who the readers are makes no measurable difference to this passage.
The readers in your brief are no better prepared for this passage than anybody else.
# audience silent / other
If it were meant for a child, or for an enemy, something in it would have to change; what that is, is what is missing.
A line that only these readers would enjoy would tell them that they are meant.
# audience silent / try
What do these readers know, or expect, that this passage could use, or cross?
At which word would a reader of the kind you have in mind look up?

# intent helps / lead
What you are after can be felt in this passage.
[word] Knowing your intent makes “{word}” easier to see coming.
# intent helps / other
Further from what you intend, it would be freer and perhaps lose its way.
If it were less plain what the passage wants, a reader would look closer.
# intent helps / try
Does it give itself away too soon?
Is there one line that says the intent outright? Could it be spared?

# intent silent / lead
What you say you are after makes this passage no easier to foresee.
As far as can be measured, no word of the passage shows what you say that it is for.
# intent silent / other
If it served the intent more visibly it might be duller; if it does not serve it at all, it belongs elsewhere.
Another passage might take the same place and the intent would not notice.
# intent silent / try
Say in one sentence what this passage is for. Which of its words does that?
What would change in the story if it were left out?

# still / lead
[!single] Nothing in this passage stands out, as most of a draft should not. Nearest comes “{word}”, in “{quote}”.
[!single] Nothing here is marked, and nothing has to be. If a reader pauses anywhere, it is at “{word}”, in “{quote}”.
[single] “{word}” alone is too little to stand out by.
[smooth] The passage runs evenly and nothing in it stands out; “{word}” is where it comes nearest to a surprise.
[!word] Nothing stands out here.
[second] Nothing here stands out by much. “{word}” and “{second}” are what a reader would notice first.

# still / other
With “{expected}” where “{word}” is, fewer readers would pause, and they would have less to pause at.
[!expected] A plainer word there would be read without a pause; the passage would be as clear, and no stranger.
[expected] A likelier word would have let a reader go on. You chose another, and that is the choice to look at.
Were “{word}” led up to, it would be something to wait for; as it is, it is a step like the others.

# still / try
Is this a place where the page may rest? Then let it. If not, what is missing?
What should a reader remember from this passage? Is it what they would notice first?
Is “{word}” where you want a reader to pause?
What does “{word}” do here that the sentence could not do without it?
"""
