"""Words of our own from which captions are made up; they need no sense, only the look of their language."""

from __future__ import annotations

LATIN = {
    "english": (
        "the a we they nobody somebody you I really never always maybe tomorrow yesterday morning night river garden "
        "window letter brother sister doctor captain answer question remember forgot wanted promised believe follow "
        "listen wait stay leave come back before after because without under over little old strange quiet money road "
        "house train station ticket seven thousand what where when who again please it's don't can't we'll wouldn't"
    ),
    "german": (
        "der die das wir ihr niemand jemand vielleicht morgen gestern größer früher können müssen würde hätte wäre "
        "Straße Fenster Brücke Schlüssel Bäcker Gemüse Mädchen Gespräch Ärger Übung zurück plötzlich natürlich weiß "
        "warum weshalb trotzdem Freundschaft Geschichte Bahnhof Zeitung Wasser Feuer schließen öffnen hören fühlen"
    ),
    "french": (
        "le la les nous vous personne peut-être demain hier où déjà français château forêt étoile garçon leçon être "
        "même très près après jamais toujours voilà ça c'est l'heure d'accord qu'il n'a répondre préférer œuvre cœur "
        "maison fenêtre tempête bientôt élève théâtre hôpital musique silence vérité derrière chaque quelque"
    ),
    "spanish": (
        "el la los nosotros ustedes nadie quizás mañana ayer dónde cuándo por qué niño señor año corazón canción "
        "también después además árbol río jardín ventana carta pregunta respuesta verdad mentira escuchar esperar "
        "volver siempre nunca pequeño extraño camino ciudad estación teléfono último fácil difícil ¿verdad ¡vamos"
    ),
    "polish": (
        "nie tak może jutro wczoraj gdzie kiedy dlaczego wszyscy nikt ktoś źródło łódź żółty ściana dziękuję proszę "
        "chciałbym pamiętać zapomnieć książka okno ulica rzeka ogród miłość przyjaciel siostra wrócić zostać słuchać "
        "odpowiedź pytanie ciężki świat piękny szczęście zupełnie jeszcze już się być mówić tysiąc"
    ),
    "czech": (
        "není možná zítra včera kde kdy proč všichni nikdo někdo řeka růže žena děti příběh učitel město náměstí "
        "děkuji prosím chtěl zapomenout kniha okno ulice zahrada láska přítel sestra vrátit zůstat poslouchat odpověď "
        "otázka těžký svět krásný štěstí úplně ještě už být říkat tisíc kůň"
    ),
    "turkish": (
        "bir şu hayır evet belki yarın dün nerede neden herkes hiç kimse güneş ağaç çiçek şehir köprü öğretmen kardeş "
        "teşekkür lütfen istiyorum unutma kitap pencere sokak nehir bahçe aşk arkadaş dönmek kalmak dinle cevap soru "
        "ağır dünya güzel mutluluk tamamen henüz artık olmak söylemek bin ışık İstanbul"
    ),
    "swedish": (
        "det är inte kanske imorgon igår var när varför alla ingen någon sjö träd gård fönster brev fråga svar minnas "
        "glömma lyssna vänta stanna lämna tillbaka före efter därför utan under över liten gammal märklig tyst pengar "
        "väg hus tåg station biljett sju tusen människa ö älskar hjälp också"
    ),
}
"""Words of languages written in Latin letters, by language."""

CYRILLIC = {
    "russian": (
        "это не да нет может завтра вчера где когда почему все никто кто-то река сад окно письмо вопрос ответ помнить "
        "забыть слушать ждать остаться уйти вернуться прежде после потому без под над маленький старый странный тихо "
        "деньги дорога дом поезд станция билет семь тысяча человек любовь помощь тоже ещё уже быть говорить счастье "
        "объяснить съезд площадь жизнь хорошо"
    ),
    "ukrainian": (
        "це не так може завтра вчора де коли чому всі ніхто хтось річка сад вікно лист питання відповідь пам'ятати "
        "забути слухати чекати залишитися піти повернутися перед після тому без під над маленький старий дивний тихо "
        "гроші дорога дім потяг станція квиток сім тисяча людина любов допомога також ще вже бути говорити щастя її"
    ),
}
"""Words of languages written in Cyrillic letters, by language."""

CHINESE_CHARACTERS = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家"
    "种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十"
    "民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯"
    "月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女"
    "变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基"
    "眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今"
    "切院让识候带导争运笔房早晚雨雪花草树鸟鱼茶饭酒车船飞机票店钱买卖吃喝睡醒哭笑唱跳跑站坐等找忘爱恨怕敢谢请对错快慢"
    "冷热新旧红黄蓝绿黑喜欢朋友妈妈爸爸哥姐弟妹老师医生警察秘密故事梦想春夏秋冬昨明永远突然终于虽然如果因为所以但是"
)
"""Common characters; often repeated ones come more often."""

CHINESE_WORDS = (
    "我们 他们 你们 什么 怎么 为什么 知道 不知道 没有 可以 应该 已经 现在 以后 今天 明天 昨天 时候 地方 东西 "
    "事情 问题 办法 朋友 孩子 老师 先生 妈妈 爸爸 学校 公司 城市 北京 上海 中国 世界 生活 工作 时间 机会 "
    "希望 喜欢 觉得 相信 记得 忘记 回家 吃饭 睡觉 一起 一个人 当然 其实 真的 可能 必须 告诉 离开 等一下 对不起 "
    "谢谢你 没关系 怎么办 谁 哪里 多少 非常 特别 终于"
)
"""Common words."""

NAMES = ("ANNA", "MR. GRAY", "Kai", "Dr. Weiß", "Zoë", "NARRATOR", "Łukasz", "Мария", "王小明", "李老师")
"""Names for name plates and speakers."""
