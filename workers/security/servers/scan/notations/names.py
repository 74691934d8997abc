"""Names that promise a secret: words of passwords and keys, wherever they stand in a name, in many languages."""

import re

from .noted import Words

#: Names that promise a secret, and names that do so only for a value that looks random.
PROMISING = (
    r"(?:api|auth|service|account|storage|db|database|priv|private|client|secret|access|encryption|signing|master"
    r"|consumer|app|license|shared|session|cookie|hmac|jwt)[-_. ]?key|pass(?:word|wd|phrase|wort)?|pwd|secret"
    r"|(?-i:PASS|Pwd)|_authToken|(?<![a-z])pw|(?:bind|user|root|db|admin)pw|(?<![a-z])psk|\bpepper|\bassword"
)
HINTING = r"token|credential|cred|auth|bearer|webhook|apikey|(?-i:(?<![A-Za-z])PAT(?![A-Za-z]))"
NAME = rf"(?:(?P<promising>{PROMISING})|(?:{HINTING}))(?P<rest>[\w.-]{{0,40}})"
#: Words of which a line with such a name has one, in small letters, and the names themselves.
WORDS = (
    "key",
    "pass",
    "assword",
    "pwd",
    "psk",
    "secret",
    "token",
    "cred",
    "auth",
    "bearer",
    "webhook",
    "pw",
    "pepper",
    "pat",
)
NAMED = re.compile(rf"{PROMISING}|{HINTING}", re.IGNORECASE)

#: What people call a password who do not speak English. Those in Latin letters stand alone or begin a part of a name.
_LATIN = (
    *("contraseña", "contrasena", "contrasenya", "contrasinal", "senha", "palavra-passe", "palavra_passe"),
    *("palavrapasse", "kontraseña"),
    *("mot de passe", "mot-de-passe", "mot_de_passe", "motdepasse", "mdp", "kennwort", "passwort", "losungswort"),
    *("wachtwoord", "wagwoord", "lösenord", "losenord", "adgangskode", "kodeord", "passord", "salasana", "tunnussana"),
    *("lykilorð", "lykilord", "parool", "parole", "parola", "parol", "slaptažodis", "slaptazodis", "hasło", "haslo"),
    *("heslo", "jelszó", "jelszo", "geslo", "lozinka", "zaporka", "şifre", "sifre", "şifrə", "mật khẩu", "mat khau"),
    *("mật_khẩu", "mat_khau", "matkhau", "kata sandi", "kata_sandi", "katasandi", "kata laluan", "pasahitza"),
    *("cyfrinair", "pasfhocal", "nenosiri", "fjalëkalim", "fjalekalim", "clave secreta", "chiave segreta"),
    *("geheimnis", "codeword", "passcode", "clau secreta", "parolă", "pasvorto", "iphasiwedi"),
)
_OTHERS = (
    *("пароль", "пароля", "пароли", "пароль", "парола", "лозинка", "шифра", "гасло", "кодовое слово", "құпиясөз"),
    *("құпия сөз", "сыр сөз"),
    *("нууц үг", "секретный ключ", "κωδικός", "κωδικος", "κωδικός πρόσβασης", "συνθηματικό", "σύνθημα"),
    *("סיסמה", "סיסמא"),
    *("كلمة المرور", "كلمة السر", "كلمة مرور", "الرقم السري", "رمز عبور", "گذرواژه", "کلمه عبور", "پاس ورڈ"),
    *("पासवर्ड", "कूटशब्द", "पारण शब्द", "পাসওয়ার্ড", "கடவுச்சொல்", "పాస్‌వర్డ్", "ಪಾಸ್‌ವರ್ಡ್", "രഹസ്യവാക്ക്", "પાસવર્ડ"),
    *("ਪਾਸਵਰਡ", "รหัสผ่าน", "ពាក្យសម្ងាត់", "ລະຫັດຜ່ານ", "စကားဝှက်", "პაროლი", "գաղտնաբառ", "የይለፍ ቃል"),
    *("密码", "密碼", "口令", "通行码", "密钥", "密鑰", "秘钥", "パスワード", "パスフレーズ", "パスコード", "暗証番号"),
    *("合言葉", "暗号鍵"),
    *("秘密鍵", "비밀번호", "암호", "패스워드", "비밀 번호", "비번"),
)
#: A word that means a key of a dictionary as often: only before a value with a digit or a sign in it.
_DOUBTFUL = (
    r"(?:clave|chiave|sandi|ключ|klucz|chave|schlüssel)(?=[\w.-]{0,30}[\"']?[ \t]{0,8}(?:[:=]|=>)[ \t]{0,8}[\"']?"
    r"[^\s\"']{0,60}[\d!#$%&*@?])"
)
_OTHERS_FIRST = sorted(_OTHERS, key=len, reverse=True)
_LONGEST_FIRST = sorted(_LATIN, key=len, reverse=True)
_INITIAL = "|".join(word[0].upper() + word[1:] for word in _LONGEST_FIRST)
_FOREIGN = re.compile(
    rf"(?:(?<![a-z])(?i:{'|'.join(_LONGEST_FIRST)}|{_DOUBTFUL})|(?<=[a-z])(?:{_INITIAL}))(?!["
    rf"a-z])|(?i:{'|'.join(_OTHERS_FIRST)})"
)
#: All of them.
FOREIGN = tuple(dict.fromkeys((*_LATIN, "clave", "chiave", "sandi", "klucz", "chave", "ключ", "schlüssel", *_OTHERS)))
_GLANCE = Words(FOREIGN)


def is_foreign(lowered: str) -> bool:
    """Whether a text in small letters has such a word of another language."""
    return bool(_GLANCE.found(lowered))


def in_english(text: str) -> str:
    """A line in which the words of other languages for a password are `password`."""
    return _FOREIGN.sub("password", text)
