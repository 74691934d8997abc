"""Words as people use them in requests: which say nothing, which mean the same, which change something.

General English and Japanese of the four specialists' trades. It knows no template; what a template
is about is in its own words and examples.
"""

from collections.abc import Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Words that carry no meaning of their own in a request.
FILLERS = _words("""
    a about above across after again all also am an and any anything are around as at be because been before being
    below between both but by can could currently did do does doing don done during each every everything few for from
    further get gets getting give gives go going good bad had has have having he hello help her here hers hi him his
    how i id if ill im in into is it its itself ive just kindly know let lets like ll look looking looks many may maybe
    me might more most much my myself new need needs no nor not now of off on once one only or other our ours out over
    own please possible put re s same see she should show so some something such t take tell than thank thanks that the
    their theirs them then there these they thing things this those through to too under until up upon us use using ve
    very via want wants was way we well were what whats when where whether which while who whom whose why will wish
    with within would yes you your yours d m actually really today contain contains include includes
    complete comprehensive deep detailed entire full quick quickly thorough thoroughly whole proper properly first
    carry conduct execute perform run running start begin provide kick produce
    problem problems issue issues finding findings result results report reports state current currently present
    best worst find found search seek detect identify discover list day days week weeks month months year years hour
    hours minute minutes last past previous recent recently next several part parts someone somebody anyone anybody
    everyone everybody across various
""")

#: Verbs that only look. They fit any template and choose none.
LOOKING = _words("""
    check checks checking scan scanning inspect inspecting inspection review reviewing examine examining analyse analyze
    analysing analyzing analysis assess assessing assessment evaluate evaluating evaluation measure measuring rate
    compare comparing verify audit auditing survey determine understand learn
""")

#: Verbs that change the world wherever they stand. Only a template that has the same verb may do them.
CHANGING = _words("""
    add allow amend append archive attack block book bypass buy cancel chmod clear clone configure convert copy
    create decommission decrypt delete deploy destroy disable discard downgrade draft drop edit email enable encrypt
    erase exfiltrate expose fix force format generate grant hack harden hide hire ignore implement import improve
    install invite kill lock merge message migrate modify move notify offboard optimise optimize order overwrite pay
    patch post provision publish purge push rebase reboot redeploy redact reduce refactor release remediate remove
    rename renew replace reset resize resolve restart restore revert revoke rewrite rollback rotate sanitise sanitize
    save scale schedule scrub sell send shutdown squash stash steal stop store submit suppress switch terminate transfer
    translate truncate trust undo unarchive uninstall unlock update upgrade upload wipe write
""")

#: Verbs that change the world (or only talk about it) where a request begins with them, and are nouns elsewhere.
LEADING = _words("""
    back backup build change clean close free commit define describe download explain export launch load make monitor
    open schedule set setup share ship sign spin stand tag teach train transform turn
""")

#: What may be written without changing anything but the report itself.
WRITING = _words("build create draft generate make prepare produce write 作成 作 生成 出力 書")
REPORTS = _words("""
    analysis assessment audit doc docs list overview report reports summary 一覧 報告 報告書 概要 レポート
    ドキュメント
""")

#: Words that say "onboard" alone, and only name the shape of the answer beside another subject.
SHAPES = _words("intro introduction overview summary tour 概要 紹介")

_SAME: Mapping[str, str] = {
    "place": """
        repository repositories repo repos project projects codebase checkout workspace folder directory
        source sources app apps application software tree monorepo リポジトリ レポジトリ プロジェクト
        コードベース ソース フォルダ ディレクトリ アプリ
    """,
    "code": "code コード ソースコード program programs module modules file files ファイル モジュール",
    "secret": """
        secret secrets credential credentials password passwords passphrase token tokens keys apikey privatekey
        accesskey シークレット 認証情報 パスワード 秘密鍵 秘密情報 機密情報 機密 クレデンシャル トークン 鍵
    """,
    "leak": "leak leaks leaked leaking exposed hardcoded 漏洩 漏 流出 露出",
    "security": """
        security secure securely insecure unsafe safe safety vulnerability vulnerabilities vulnerable weakness
        weaknesses hole holes cve threat threats セキュリティ 脆弱性 脆弱 安全 安全性 危険 弱点
    """,
    "quality": """
        quality maintainability maintainable maintain readability readable clean cleanliness techdebt
        codesmell 品質 保守性 保守 可読性 健全性 技術的負債
    """,
    "complexity": "complexity complex complicated convoluted cyclomatic 複雑 複雑度 複雑性",
    "lint": "lint linter linting linters style staticanalysis リント 静的解析",
    "onboard": """
        onboard onboarding orient orientation introduce introduction intro overview newcomer tour walkthrough
        familiarise familiarize familiar acquaint gettingstarted オンボード オンボーディング 概要 紹介 入門
        導入 新人 全体像 把握 参加
    """,
    "branch": "branch branches ブランチ",
    "history": "history histories 履歴 来歴",
    "change": "churn hotspot hotspots 変更頻度",
    "permission": "permission permissions worldwritable chmod 権限 パーミッション",
    "deploy": "deploy deployment rollout デプロイ 展開 配備 リリース",
    "monitoring": "monitoring observability telemetry metrics dashboards 監視 モニタリング",
    "kubernetes": "kubernetes k8s クーバネティス",
    "cluster": "cluster clusters クラスタ クラスター",
    "production": "production prod live 本番",
    "pipeline": "pipeline pipelines cicd パイプライン",
    "database": "database databases db データベース",
    "table": "table tables テーブル",
    "data": "data dataset datasets データ データセット",
    "dependency": "dependency dependencies 依存 依存関係",
    "migrate": "migrate migration 移行",
    "backup": "backup backups バックアップ",
    "machine": """
        machine machines server servers host hosts computer computers box laptop workstation vm マシン サーバー サーバ
        ホスト コンピュータ コンピューター 機械 端末
    """,
    "health": "health healthy unhealthy ヘルス 健康",
    "disk": "disk disks diskspace storage filesystem filesystems inode inodes ディスク ストレージ 容量",
    "memory": "memory ram swap メモリ メモリー",
    "load": "load loaded cpu processor processors 負荷",
    "process": "process processes プロセス",
    "port": "port ports listening ポート",
    "endpoint": """
        endpoint endpoints url urls address addresses site sites website websites webpage
        エンドポイント サイト ウェブサイト アドレス
    """,
    "certificate": "certificate certificates cert certs ssl tls https 証明書",
    "reachable": """
        reachable unreachable up uptime alive respond responds responding response answer answers answering available
        availability 死活 応答 稼働 到達
    """,
    "test": "test tests testing テスト",
    "documentation": "doc docs docstring docstrings pdoc ドキュメント",
    "hardened": "hardened lynis 堅牢 堅牢化 堅牢性 要塞化 ハードニング",
    "audit": "audit auditing audits 監査",
}
#: The concept a word stands for; words of one concept mean the same here.
CONCEPTS: Mapping[str, str] = {word: f"={concept}" for concept, words in _SAME.items() for word in words.split()}

#: Concepts that nearly every template is about.
COMMON = frozenset({"=place", "=code"})

_PLACE = r"(?:the|this|these|our|my) (?:code ?bases?|projects?|repos?|repositor(?:y|ies))\b"
#: Several words that are one.
PHRASES: Mapping[str, str] = {
    r"api[\s-]?(?:keys?|tokens?)\b": "apikey",
    r"apiキー": "apikey",
    r"private[\s-]keys?\b": "privatekey",
    r"(?:access|ssh|signing)[\s-]keys?\b": "accesskey",
    r"hard[\s-]?coded\b": "hardcoded",
    r"world[\s-]?(?:writable|readable|accessible)\b": "worldwritable",
    r"code[\s-]?bases?\b": "codebase",
    r"source[\s-]code\b": "code",
    r"tech(?:nical)?[\s-]debt\b": "techdebt",
    r"code[\s-]smells?\b": "codesmell",
    r"(?:git|commit) logs?\b": "history",
    rf"(?:explain|tell (?:me|us) about|what(?:'s| is)|summari[sz]e|describe|get to know) {_PLACE}": "overview project",
    rf"(?:grade|rate|judge|score|rank) (?:{_PLACE}|(?:the |this |our |my )?code\b(?! quality))": "quality code",
    rf"(?:code ?(?:base)?|software) health\b|how healthy (?=(?:is|are) (?:the code\b|{_PLACE}))": "quality code",
    r"how (?:good|bad|clean|messy)\b": "quality",
    r"(?:マシン|サーバー?|ホスト)の健全性": "マシン ヘルス",
    r"(?:is|are|still)\s+up\b(?! to)": "uptime",
    rf"document {_PLACE}": "docs project",
    r"(?:documentation|(?:un)?documented)\b": "docs",
    r"static[\s-](?:code[\s-])?analysis\b": "staticanalysis",
    r"hard(?:est|er)? to maintain\b": "maintain",
    r"get(?:ting)? (?:\w+ ){0,4}(?:started|going)\b": "gettingstarted",
    r"up to speed\b": "gettingstarted",
    r"(?:show|walk) (?:me|us|him|her|them) (?:around|through)\b": "tour",
    r"(?:first|initial) look\b": "overview",
    r"(?:i(?:'m| am) new|i just joined|new to)\b": "newcomer",
    r"new (?:team )?(?:member|developer|joiner|colleague|starter)s?\b": "newcomer",
    r"ci\s?/\s?cd\b": "cicd",
    r"(?:make|be) sure\b": "check",
    r"make (?:me|us)\b": "let",
    r"set(?:ting)?[\s-]up\b": "setup",
    r"roll(?:ing)?[\s-]out\b": "rollout",
    r"shut(?:ting)?[\s-]down\b": "shutdown",
    r"swap(?= (?:\S+ ){0,3}(?:for|with)\b)": "switch",
    r"hardening(?! (?:all|each|every|my|our|the|these|this)\b)": "hardened",
    r"未コミット": "uncommitted",
    r"(?:堅牢化|要塞化|ハードニング)(?=し|する|せよ)": "harden",
    r"back(?:ing)?[\s-]up\b": "backup",
    r"(?:create|make|take|do) (?:a|an|another) (?:[a-z]+ ){0,2}backup\b": "backup",
    r"(?:ingest|import|read|put|get)(?= [^.;:!?]{0,80}\binto (?:an? |the |our )?(?:database|duckdb|tables?)\b)": "load",
    r"(?:読み?込|取り?込|インポート|ロード)(?=[みむめんし])": "load",
}

#: Words that, where a template does not use them, name no other thing, only a side of the one it is about.
WEAK = _words("""
    bug bugs concern concerns condition error errors figure figures flaw flaws gap gaps hygiene insight insights
    level levels metric metrics number numbers pattern patterns poor posture rating ratings risk risks score
    scores situation spot spots stat statistics stats status sweep warning warnings weak
""")

#: Japanese that changes something, as it stands before する or its own ending.
CHANGING_JAPANESE = _words("""
    削除 消去 消 除去 破棄 抹消 適用 移行 追加 変更 更新 修正 改善 直 作成 作 構築 公開 送信 送 停止 再起動 起動
    暗号化 復号 無効化 無効 有効化 置換 書換 移動 設定 登録 解除 失効 配布 盗 攻撃 翻訳 予約 購入
    リファクタリング リネーム ローテーション デプロイ インストール アンインストール アップグレード アップデート
    アップロード コミット プッシュ マージ リセット
""")

#: Japanese that says nothing of its own in a request.
FILLERS_JAPANESE = _words("""
    説明 知 複数 比較 メンバー 担当者 チーム 日 日間 週 週間 時間 年 月 ヶ月 過去 調査 調 確認 検査 点検 診断
    チェック スキャン レビュー 分析 解析 評価 測定 計測 アセスメント 実行 実施 開始 教 見 探 検出 発見 願 欲
    全体 全部 全 直近 最近 現在 今 新 新規 問題 問題点 箇所 点 結果 レポート 報告 報告書 一覧 観点 含 部分 中 内
    用 向 初 方 人 行 洗 出 情報
""")

#: A request that wants something explained, not done.
EXPLANATION = (
    r"^\W*(?:what(?:'s| is| are) [\w-]+\W*$"
    r"|what(?:'s| is| are| does) (?:an?|the (?:meaning|definition|point|purpose|difference))\b"
    r"|what does .* (?:mean|do)\b|how (?:do|can|should|would|could) (?:i|we|you|one|people)\b|how to\b"
    r"|should (?:i|we)\b|what (?:happens|would happen|will happen)\b"
    rf"|why\b|explain (?!{_PLACE})|define\b|describe how\b|teach\b|tell me (?:how|why)\b)"
    r"|とは(?:何|なに|？|\?|$)|(?:方法|やり方|仕方)を|(?<!概要を)(?<!全体像を)(?:説明|解説)"
)

#: A request that says what not to do: its words alone would read as the very thing.
PROHIBITION = (
    r"(?:^\W*|[.;:,!?]\s*|\b(?:but|and|then)\s+)(?:please\s+)?(?:do\s+not|don['’]?t|never)\b"
    r"|ないで(?:ください|下さい|ほしい|欲しい|くれ)|ないで[\s。、！!]*$|するな[\s。！!]*$|しないこと[\s。、！!]*$"
)
