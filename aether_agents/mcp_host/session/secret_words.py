"""Whether words ask for something that nobody else is to see: a password, a key, a code.

They are a stranger's, who may not want it noticed: letters of other alphabets that look the same, letters that are not
seen, spaced, accented or written as digits count as what they are read as. Who asks without any such word is not found.
"""

import re
import unicodedata

_WORDS = (
    r"pass ?(word|wd|code|phrase|key)s?|pwd|login (data|details|code)|secrets?|tokens?|credentials?|bearer"
    r"|connection string|dsn|mnemonics?|(seed|recovery|secret) (phrase|words?)"
    r"|(api|access|private|secret|ssh|gpg|pgp|signing|sealing|encryption|recovery|licen[cs]e) ?keys?"
    r"|pin( ?(code|number))?|otp|totp|2fa|mfa|cvv|cvc|authenticator|session (id|cookie)|cookies?"
    r"|(one time|recovery|verification|security|auth|authentication|sms|login|confirmation|backup) "
    r"(code|password|number)s?|(card|account) numbers?|iban|social security"
    # German, French, Spanish, Portuguese, Italian, Dutch, Swedish and Norwegian, Polish, Turkish; accents are off
    r"|pass?wor[dt]e?r?|kennwor(t|ter)|losungswort|geheimnis|zugangsdaten|schlussel|mots? de passe"
    r"|cles? (d acces|secrete|api)|contrasenas?|clave|senhas?|chave|parola( d ordine)?|wachtwoord(en)?|losenord"
    r"|haslo|sifre"
)
#: Words of a field, or of a whole question, in the letters that `_read_as` leaves.
_SECRET = re.compile(rf"\b({_WORDS})\b")
#: The same in writings that are not read as Latin letters, or have no blanks between words.
_ELSEWHERE = re.compile(
    r"パスワード|暗証|秘密|トークン|認証(情報|コード)|密码|密碼|口令|密钥|令牌|验证码|비밀번호|암호|토큰"
    r"|парол|секрет|токен|ключ|κωδικ|סיסמ|كلمة (ال)?(مرور|سر)"
)
#: Letters of other alphabets, digits and signs, by the small letter they are read as.
_LOOKS = str.maketrans("аеорсухіјѕԁԛԝһӏոսɡıłøđαβεικνορτυχ013457@$", "aeopcyxijsdqwhlnugilodabeikvoptuxoieastas")
#: `p a s s w o r d`, `p.a.s.s`: single letters with one sign or blank between them.
_SPACED = re.compile(r"\b\w(?:[\s._*-]\w\b){3,}")


def asks_for_secret(text: str) -> bool:
    """Whether a text has a word for something that nobody else is to see."""
    seen = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    if _ELSEWHERE.search(seen.lower()):
        return True
    joined = _SPACED.sub(lambda found: re.sub(r"[\s._*-]", "", found[0]), seen)
    return any(_SECRET.search(_read_as(one)) is not None for one in (seen, joined))


def _read_as(text: str) -> str:
    """A text in plain small letters: `apiKey` and `API_KEY` are both `api key`, `pаss­wörd` is `password`."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    bare = "".join(c for c in unicodedata.normalize("NFD", apart) if not unicodedata.combining(c)).lower()
    return re.sub(r"[_\W]+", " ", bare.translate(_LOOKS))
