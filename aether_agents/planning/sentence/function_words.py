"""Words that carry no meaning of their own, and what they say of the word behind them."""

STOPS = frozenset(",;:.!?。、@")
JOINERS = frozenset({"and", "then", "also", "or", "please", "to", "must", "should", "will", "but"})
ASKING = frozenset(
    {
        "which",
        "what",
        "where",
        "who",
        "how",
        "when",
        "is",
        "are",
        "was",
        "were",
        "does",
        "do",
        "did",
        "has",
        "have",
        "any",
    }
)
ARTICLES = frozenset({"a", "an", "the", "this", "these", "our", "my", "your", "their", "its"})
PRONOUNS = frozenset({"it", "them", "me", "us", "here", "there", "him", "her", "you", "i", "we", "everything", "all"})
PREPOSITIONS = frozenset(
    {"of", "in", "on", "at", "from", "for", "into", "across", "against", "with", "over", "by", "per"}
)
#: Behind these a participle says what is, not what is wanted: "it is backed up".
STATES = frozenset({"is", "are", "was", "were", "been", "being", "last", "ever", "already", "never", "got"})
SOURCES = frozenset({"from", "using", "via"})
DETERMINERS = ARTICLES | PREPOSITIONS
WRITING = frozenset({"create"})  # the deed that, of a report, only tells
BEGINS = frozenset({"開始"})
#: Verbs that only carry the noun of a deed: "take a backup", "run a scan".
CARRIES = frozenset({"make", "take", "do", "create", "prepare", "produce", "run", "perform", "generate", "write"})
CARRIES |= {"build", "start", "begin", "kick"}
