"""A few sentences in many languages, with the encodings in which their subtitles circulate."""

from __future__ import annotations

LANGUAGES = {
    "ru": (
        ("cp1251", "koi8-r", "cp866", "iso8859-5", "mac-cyrillic", "utf-16-le", "utf-16-be"),
        (
            "Итак, мои дорогие друзья, сегодня я расскажу вам одну историю.",
            "Три года назад я потерял работу и остался без денег.",
            "Но именно тогда моя жизнь изменилась к лучшему.",
        ),
    ),
    "uk": (
        ("cp1251", "koi8-u", "utf-16-le"),
        (
            "Привіт, друзі, сьогодні я розповім вам одну історію.",
            "Три роки тому я втратив роботу і залишився без грошей.",
            "Але саме тоді моє життя змінилося на краще.",
        ),
    ),
    "bg": (
        ("cp1251",),
        (
            "И така, скъпи приятели, днес ще ви разкажа една история.",
            "Преди три години загубих работата си и останах без пари.",
        ),
    ),
    "zh": (
        ("gbk", "gb18030", "hz", "utf-16-le"),
        (
            "大家好，今天我给你们讲一个故事。",
            "三年前，我失去了工作，口袋里没有钱。",
            "可是从那一天开始，我的生活变得更好了。",
        ),
    ),
    "zht": (
        ("big5", "big5hkscs", "utf-16-le"),
        (
            "大家好，今天我給你們講一個故事。",
            "三年前，我失去了工作，口袋裡沒有錢。",
            "可是從那一天開始，我的生活變得更好了。",
        ),
    ),
    "ja": (
        ("shift_jis", "euc_jp", "iso2022_jp", "utf-16-le"),
        (
            "皆さん、こんにちは。今日は一つの話をします。",
            "三年前、私は仕事を失い、お金もありませんでした。",
            "しかし、その日から私の人生は良くなりました。",
        ),
    ),
    "ko": (
        ("euc_kr", "cp949", "utf-16-le"),
        (
            "안녕하세요, 오늘은 이야기를 하나 들려 드리겠습니다.",
            "삼 년 전에 저는 직장을 잃었고 돈도 없었습니다.",
            "그러나 그날부터 제 인생은 더 나아졌습니다.",
        ),
    ),
    "pl": (
        ("cp1250", "iso8859-2", "utf-16-le"),
        (
            "Dzień dobry, opowiem wam dzisiaj pewną historię.",
            "Trzy lata temu straciłem pracę i zostałem bez pieniędzy.",
            "Ale właśnie wtedy moje życie zmieniło się na lepsze.",
        ),
    ),
    "cs": (
        ("cp1250", "iso8859-2"),
        (
            "Dobrý den, dnes vám povím jeden příběh.",
            "Před třemi lety jsem přišel o práci a zůstal bez peněz.",
            "Ale právě tehdy se můj život změnil k lepšímu.",
        ),
    ),
    "hu": (
        ("cp1250", "iso8859-2"),
        (
            "Jó napot, ma elmesélek önöknek egy történetet.",
            "Három éve elvesztettem a munkámat, és pénz nélkül maradtam.",
            "De éppen akkor változott jobbra az életem, és örülök, hogy így történt ősszel.",
        ),
    ),
    "ro": (
        ("cp1250", "iso8859-2"),
        (
            "Bună ziua, astăzi vă voi spune o poveste.",
            "Acum trei ani mi-am pierdut slujba şi am rămas fără bani.",
        ),
    ),
    "el": (
        ("cp1253", "iso8859-7"),
        (
            "Καλημέρα, σήμερα θα σας πω μια ιστορία.",
            "Πριν από τρία χρόνια έχασα τη δουλειά μου και έμεινα χωρίς χρήματα.",
        ),
    ),
    "tr": (
        ("cp1254", "iso8859-9"),
        (
            "Merhaba arkadaşlar, bugün size bir hikâye anlatacağım.",
            "Üç yıl önce işimi kaybettim ve parasız kaldım.",
            "Ama tam o zaman hayatım daha iyiye doğru değişti.",
        ),
    ),
    "he": (
        ("cp1255", "iso8859-8"),
        (
            "שלום לכולם, היום אספר לכם סיפור אחד.",
            "לפני שלוש שנים איבדתי את העבודה שלי ונשארתי בלי כסף.",
        ),
    ),
    "ar": (
        ("cp1256", "iso8859-6"),
        (
            "مرحبا يا أصدقائي، اليوم سأحكي لكم قصة واحدة.",
            "قبل ثلاث سنوات فقدت عملي وبقيت بلا مال.",
        ),
    ),
    "fa": (
        ("utf-16-le",),
        (
            "سلام دوستان، امروز برای شما یک داستان می‌گویم.",
            "سه سال پیش کارم را از دست دادم.",
        ),
    ),
    "lt": (
        ("cp1257", "iso8859-13"),
        (
            "Laba diena, šiandien papasakosiu jums vieną istoriją.",
            "Prieš trejus metus netekau darbo ir likau be pinigų.",
            "Bet būtent tada mano gyvenimas pasikeitė į gerąją pusę.",
        ),
    ),
    "lv": (
        ("cp1257",),
        (
            "Labdien, šodien es jums pastāstīšu kādu stāstu.",
            "Pirms trim gadiem es zaudēju darbu un paliku bez naudas.",
        ),
    ),
    "th": (
        ("cp874", "tis-620"),
        (
            "สวัสดีครับ วันนี้ผมจะเล่าเรื่องหนึ่งให้ฟัง",
            "สามปีก่อนผมตกงานและไม่มีเงิน",
        ),
    ),
    "fr": (
        ("cp1252", "iso8859-15", "mac-roman", "cp850"),
        (
            "Bonjour, aujourd'hui je vais vous raconter une histoire très drôle.",
            "Il y a trois ans, j'ai perdu mon travail et j'étais déçu.",
            "Mais c'est là que ma vie a changé, à Noël où ça s'est arrangé.",
        ),
    ),
    "de": (
        ("cp1252", "cp850"),
        (
            "Guten Tag, heute erzähle ich euch eine Geschichte.",
            "Vor drei Jahren verlor ich meine Arbeit und war für Monate ohne Geld.",
            "Aber genau da änderte sich mein Leben, und es wurde größer und schöner.",
        ),
    ),
    "es": (
        ("cp1252",),
        (
            "Hola, ¿cómo están? Hoy les contaré una historia.",
            "Hace tres años perdí mi trabajo y me quedé sin dinero.",
            "Pero fue entonces cuando mi vida cambió, mañana será mejor.",
        ),
    ),
    "sv": (
        ("cp1252",),
        (
            "Hej på er, i dag ska jag berätta en historia för er.",
            "För tre år sedan förlorade jag mitt jobb och hade inga pengar.",
        ),
    ),
    "is": (
        ("cp1252",),
        (
            "Góðan daginn, í dag ætla ég að segja ykkur sögu.",
            "Fyrir þremur árum missti ég vinnuna og það var erfitt.",
        ),
    ),
    "pt": (
        ("cp1252",),
        (
            "Olá, hoje vou contar a vocês uma história.",
            "Há três anos perdi o meu trabalho e não tinha dinheiro. Então a situação mudou.",
        ),
    ),
}  # fmt: skip
