"""Forms of Japanese verbs: whether what follows a stem makes it a request, or the mention of a thing."""

import re

#: What follows a Japanese stem: a particle makes it a noun; a light verb behind the particle makes it a request again.
_PARTICLE = re.compile(r"(?:を|の|が|は|に(?!し)|へ|と(?!っ)|で(?!き)|や|も|から|まで|より|など|済み|用)")
_LIGHT = re.compile(
    r"\s*(?:を|の)?\s*(?:お?願|し(?:て|た[いくら]|ま|ろ|な|、|,|$)|する|せよ|やっ|や[りる]|行[いっなうえ]|実行|実施|開始|とっ|取っ|と[りる]|取[りる、]|頼|"
    r"かけ|くだ|下さ|よろ|[。！!]|$)"
)
#: A form that tells of a thing instead of asking: "できる", "された", "した内容".
_TELLS = re.compile(
    r"(?:し)?(?:でき|可能|済)|さ?れ(?!ば)|(?:し|っ|い|ん)?(?:た|だ|ている|ていた|てある)(?:[\u3400-\u9fff\u30a0-\u30ff](?<![後際時場])|\s*(?:もの|こと|の[をがは]))"
    r"|(?:する|す|る|く|う)(?:[\u3400-\u9fff\u30a0-\u30ff](?<![前際時場]))"
)
_BARE = re.compile(r"を\s*([\u3041-\u309f]{1,6}?)[てで](?=ください|下さい|くれ|ほし|もら|いただ|おい|[。、,！!\s@]|$)")
_ASKS = re.compile(
    r"[\u3041-\u309f]{0,3}?(?:て|で|せよ|ろ)(?:\s*(?:ください|下さい|くれ|ほしい|欲しい|もら|いただ|頂|おい|しま))?[^\u3400-\u9fff\u30a0-\u30ff]*?(?:[。、,！!\s@]|$)"
)


def is_asked(behind: str) -> bool:
    """Whether what follows a Japanese stem makes it a request, and no mention of a thing."""
    if _PARTICLE.match(behind):
        return _LIGHT.match(behind) is not None
    return _TELLS.match(behind) is None


def is_verb(behind: str) -> bool:
    """Whether what follows a sign makes it a verb that asks for something: 「閉じて」, 「替えてください」."""
    return _ASKS.match(behind) is not None


def bare_verbs(text: str) -> list[str]:
    """Verbs that are written without any sign of their own, with something to act on: 「…をけして」."""
    return _BARE.findall(text)
