"""English words that carry grammar rather than matter: a run of these alone is no stock phrase."""

from __future__ import annotations

FUNCTION_WORDS = frozenset(
    """
    a an the this that these those and or but nor so yet if then than as at by for from in into of off on onto out over
    to up down upon with without within under about after before between through during against among around behind
    beside beyond near since till until toward towards i me my mine myself you your yours yourself he him his himself
    she her hers herself it its itself we us our ours ourselves they them their theirs themselves one who whom whose
    which what when where why how am is are was were be been being do does did doing done have has had having will
    would shall should can could may might must ought not no n't don't didn't doesn't wasn't weren't isn't aren't
    couldn't wouldn't shouldn't can't won't hadn't hasn't haven't i'm i've i'd i'll you're you've you'd you'll he'd
    he'll she'd she'll it'd it'll we're we've we'd we'll they're they've they'd they'll that'd there's there here all any
    both each every few more most other some such only own same too very just also even still again ever never
    once said say says go went come came get got
    """.split()
)
