"""Words that say something of the thing beside them: of whom it is, what kind it is, or nothing.

They are what `assistant.understanding.conversation` knows of English besides its patterns; all are
in small letters. None is of an article.
"""

from __future__ import annotations

__all__ = [
    "HER_TITLES",
    "HIS_TITLES",
    "KINDS",
    "LIGHT",
    "MEN",
    "OFFICES",
    "OF_SOMETHING",
    "PLACES",
    "RANKS",
    "RELATIVES",
    "ROLES",
    "TITLES",
    "TRAITS",
    "WOMEN",
]

LIGHT = frozenset(
    (
        "people person thing things time times year years day days way ways kind kinds type "
        "types sort lot bit place part parts happen happened happens start started begin began "
        "end ended stop stopped work worked works cost costs make made get got go went come "
        "came take took give gave say said do done long old big tall high far large great first "
        "second third last next main major best biggest important interesting famous popular "
        "well good bad new called named known left right true anything something anyone someone "
        "everyone use used mean means look looked find found help helped finally ever still "
        "actually really around together each else more most per open opened close closed worth "
        "only exactly original current previous final initial actual exact average overall planned "
        "expected latest whole full"
    ).split()
)
"""Words that give a question no subject of its own."""
HIS_TITLES = frozenset("mr sir lord father".split())
HER_TITLES = frozenset("mrs ms miss lady sister".split())
RANKS = frozenset(
    "sir lord lady sister father professor judge inspector councillor captain".split()
)
"""Before the name of a person, and none of it."""
TITLES = HIS_TITLES | HER_TITLES | {"dr"}
WOMEN = frozenset(
    (
        "alice amina ana andrea anna anne astrid barbara beatrice birgit camille carla carmen "
        "caroline catherine christine claire clara daniela diana elena elisabeth elizabeth ella "
        "ellen emily emma eva fatima francesca hannah helen helena ingrid irina isabel isabella "
        "jane jennifer jessica julia karen karin kate katharina laila laura leila linda lisa "
        "lucia lucy margaret maria marie marta martha mary monika nadia natalia nina nora olga "
        "olivia patricia petra priya rachel rebecca rosa ruth sabine sara sarah sofia sophia "
        "sophie susan teresa ursula vera yasmin"
    ).split()
)
MEN = frozenset(
    (
        "adam ahmed alan albert alexander ali anders "
        "andreas andrew anthony anton antonio ben bernard bob boris carl carlos charles christian "
        "christopher daniel david dennis diego dmitri edward eric erik ernst felix fernando "
        "francesco francois frank fred fritz george giovanni giuseppe gustav hans harry hassan "
        "heinrich henrik henry ibrahim igor ivan jack jacob jacques james jan jens jim joe john "
        "jonas jonathan jorge jose joseph juan karl kevin klaus lars leo leon louis luca luis "
        "magnus marc marco mario mark martin matthew max mehmet michael miguel mike mikhail "
        "mohammed muhammad mustafa nick nicolas nikolai oliver olaf omar oscar otto pablo paolo "
        "patrick paul pavel pedro peter pierre piotr rafael rahul ralph raymond richard robert "
        "roger sam samuel sebastian sergei simon stefan stephen steven sven thomas tim tom viktor "
        "vladimir walter werner william yusuf"
    ).split()
)
"""Given names of women and of men that are frequent in several countries, without those that are
mostly of places or words."""
KINDS = frozenset(
    (
        "company firm business organisation organization group team club band party committee "
        "government authority agency department institute university college school hospital "
        "church museum city town village country region state district island river street "
        "building bridge factory plant station airport port park site project programme program "
        "agreement contract treaty law act bill policy plan deal meeting conference event "
        "ceremony visit trip tour election war battle campaign match game season tournament "
        "film movie show series episode play book novel story article paper report study album "
        "song single record product device system machine tool method model ship vessel plane "
        "aircraft train car man woman boy girl author writer artist singer actor family couple "
        "animal species drug disease account first second third former latter two three four"
    ).split()
)
"""What a name is taken up by: "the company", "the film"."""
OFFICES = frozenset(
    (
        "owner founder director manager president chairman chair chairwoman mayor governor "
        "minister secretary head leader chief ceo captain coach editor treasurer deputy "
        "commissioner"
    ).split()
)
RELATIVES = frozenset(
    (
        "author winner loser successor predecessor wife husband father mother parents son "
        "daughter children brother sister"
    ).split()
)
TRAITS = frozenset(
    (
        "name title price cost fee charge rate salary size area length height width weight "
        "depth age date deadline duration number amount total population address location origin "
        "colour color shape profit revenue turnover income output value "
        "result results outcome effect effects impact reason reasons cause "
        "causes purpose goal goals aim aims objective benefit benefits advantage advantages "
        "disadvantage disadvantages member members symptom symptoms requirement requirements step "
        "steps beginning start end audience background history theme job post career"
    ).split()
)
"""What is told of a thing and hardly ever spoken of itself: "it" is the thing."""
PLACES = frozenset("country region city town village place state street month week hour".split())
"""Where or when: asked which one it is, it is hardly what is spoken of."""
OF_SOMETHING = (
    OFFICES
    | RELATIVES
    | TRAITS
    | frozenset(
        (
            "rest budget role point plan plans drawback risk risks feature features capital "
            "treatment difference differences middle top bottom side sides response reaction "
            "reception criticism controversy success failure problem problems issue issues phase "
            "stage argument highlight highlights plot cast crew lineup staff damage casualties "
            "victims injuries verdict penalty turnout margin findings conclusions consequences "
            "terms conditions details"
        ).split()
    )
)
"""What is always of something: with "the" and no "of" it is the conversation's."""
ROLES = frozenset(
    (
        "mayor secretary chairman chairwoman president director deputy minister chief district "
        "municipal city party committee leader leaders governor head general manager officer "
        "vice company group energy zone technology road bureau government province county park "
        "garden base hall belt innovation corporation university institute bank agency "
        "department science project industry electronics electronic development school college "
        "church club band orchestra league cup series award awards prize tour album show "
        "records record street avenue river island islands sea mountain mountains north south "
        "east west new united states kingdom republic world national international football "
        "association society museum prison hospital theatre theater center centre festival war "
        "battle house press times news act law bridge tunnel tower square station railway airport "
        "harbour harbor valley palace canal metro line union trust council court tribunal "
        "authority federation foundation alliance police army"
    ).split()
)
"""Words that the name of a person does not have in it."""
