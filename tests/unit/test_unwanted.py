"""Sponsor reads, greetings, thanks and the like are no candidates; talk about these is."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from clipy.context import Context
from clipy.stages.highlight.selection.candidates import Candidate
from clipy.stages.highlight.selection.meaning import meaning_of
from clipy.stages.highlight.selection.unwanted import Unwanted, without_unwanted
from clipy.text.sentences import Sentence
from tests.unit.test_picking import DULL, TOLD, run, spoken

READ = (
    "This episode is brought to you by Mossy Kettle.",
    "Their kettles boil a litre of water in under a minute.",
    "I have had mine on the counter since March, and my tea has never tasted better.",
    "They come in nine colours and they make a lovely gift.",
    "Go to mossykettle.com slash talk and use code TALK for twenty percent off your first order.",
)
SPONSORS = {
    "en": READ,
    "de": (
        "Diese Folge wird präsentiert von Kesselglück.",
        "Der Wasserkocher ist in einer Minute heiß.",
        "Mit dem Code TALK bekommt ihr zwanzig Prozent auf eure Bestellung.",
    ),
    "fr": (
        "Cet épisode est sponsorisé par Bouilloire Plus.",
        "La bouilloire chauffe en une minute.",
        "Avec le code TALK, vous avez vingt pour cent de réduction sur votre commande.",
    ),
    "es": (
        "Este episodio está patrocinado por Hervidor Feliz.",
        "El hervidor calienta en un minuto.",
        "Con el código TALK tienes un veinte por ciento de descuento en tu pedido.",
    ),
    "pt": (
        "Este episódio é patrocinado por Chaleira Feliz.",
        "A chaleira ferve a água em um minuto.",
        "Use o código TALK e ganhe vinte por cento de desconto na sua compra.",
    ),
    "it": (
        "Questo episodio è sponsorizzato da Bollitore Felice.",
        "Il bollitore scalda l'acqua in un minuto.",
        "Usa il codice TALK per il venti per cento di sconto sul tuo ordine.",
    ),
    "nl": (
        "Deze aflevering wordt mogelijk gemaakt door Blije Ketel.",
        "De waterkoker is in een minuut heet.",
        "Met de code TALK krijg je twintig procent korting op je bestelling.",
    ),
    "pl": (
        "Ten odcinek jest sponsorowany przez Czajnik Plus.",
        "Czajnik gotuje wodę w minutę.",
        "Z kodem TALK dostaniesz dwadzieścia procent zniżki na zamówienie.",
    ),
    "ru": (
        "Спонсор этого выпуска — чайник Счастье.",
        "Чайник кипятит воду за минуту.",
        "По промокоду TALK вы получите двадцать процентов скидки на заказ.",
    ),
    "ja": (
        "この番組は幸せケトルの提供でお送りします。",
        "このケトルは一分でお湯が沸きます。",
        "クーポンコードTALKで二十パーセントオフになります。",
    ),
    "zh": (
        "本期节目由快乐水壶赞助。",
        "这个水壶一分钟就能烧开水。",
        "使用优惠码TALK，首单可以享受八折优惠。",
    ),
    "ko": (
        "이번 에피소드는 행복한 주전자의 협찬을 받았습니다.",
        "이 주전자는 일 분 만에 물을 끓입니다.",
        "할인 코드 TALK를 쓰면 이십 퍼센트 할인을 받습니다.",
    ),
}
OTHERS = {
    "greeting": ("Hello everyone, and good to see you.", "Welcome back to the show."),
    "call to subscribe or follow": ("Don't forget to subscribe.", "And please leave us a review on your app."),
    "thanks and goodbye": ("Thank you all so much for listening.", "See you next week."),
    "housekeeping": ("A few housekeeping notes first.", "Please mute your microphones while others talk."),
}
FOREIGN = {
    "de": ("Herzlich willkommen zu einer neuen Folge.", "Vielen Dank fürs Zuhören."),
    "fr": ("Bonjour à tous et bienvenue dans ce podcast.", "Merci de nous avoir écouté."),
    "es": ("Hola a todos y bienvenidos a un nuevo episodio.", "Muchas gracias por escuchar."),
    "pt": ("Olá pessoal, sejam bem-vindos a mais um episódio.", "Muito obrigado por assistir."),
    "it": ("Ciao a tutti e benvenuti a una nuova puntata.", "Grazie per l'ascolto."),
    "nl": ("Hallo allemaal en welkom bij een nieuwe aflevering.", "Bedankt voor het luisteren."),
    "pl": ("Witajcie w kolejnym odcinku.", "Dziękuję wam za uwagę."),
    "ru": ("Всем привет, друзья, добро пожаловать на канал.", "Спасибо за просмотр."),
    "ja": ("みなさんこんにちは、この番組へようこそ。", "ご視聴ありがとうございました。"),
    "zh": ("大家好，欢迎收听我们的节目。", "感谢大家的收听。"),
    "ko": ("안녕하세요, 저희 채널에 오신 것을 환영합니다.", "시청해 주셔서 감사합니다."),
}
ABOUT = {
    "advertising": (
        "We paid a hundred podcasts to read our ads.",
        "Every host had a promo code of his own, so we knew who sold what.",
        "The first month we gave forty percent off, and we lost money on each order.",
        "A sponsor wants trust, and trust cannot be bought by the minute.",
    ),
    "gratitude": (
        "Thank you is the hardest thing that I ever said to my father.",
        "I wanted to thank him for everything, and I could not.",
        "Gratitude changed how I see the people who raised me.",
        "So I wrote him a letter, and I said goodbye.",
    ),
    "one phrase": (
        "When they opened the door they shouted, welcome to the show.",
        "I was nine, and I had never seen an elephant.",
        "It looked at me, and I knew what I wanted to be.",
    ),
}


def whole(said: list[Sentence]) -> Candidate:
    return run(said, 0, len(said) - 1)


@pytest.mark.parametrize("language", SPONSORS)
def test_sponsor_read_is_unwanted_in_each_language(language: str) -> None:
    said = spoken(*SPONSORS[language], language=language)
    assert Unwanted(said).reason(whole(said)) == "sponsor read"


@pytest.mark.parametrize("kind", OTHERS)
def test_kind_is_named(kind: str) -> None:
    said = spoken(*OTHERS[kind])
    assert Unwanted(said).reason(whole(said)) == kind


@pytest.mark.parametrize("language", FOREIGN)
def test_greetings_and_thanks_are_unwanted_in_each_language(language: str) -> None:
    said = spoken(*FOREIGN[language], language=language)
    assert Unwanted(said).reason(whole(said)) in ("greeting", "thanks and goodbye")


@pytest.mark.parametrize("subject", ABOUT)
def test_talk_about_it_is_kept(subject: str, ctx: Context) -> None:
    said = spoken(*ABOUT[subject])
    assert Unwanted(said, meaning_of(said, "", ctx).vectors).reason(whole(said)) == ""


def test_long_sponsor_read_is_one_block() -> None:
    pitch = tuple(f"The kettle has been with us for {number} years." for number in ("two", "three", "four", "five"))
    said = spoken(READ[0], *pitch, *pitch, READ[4], *TOLD)
    unwanted = Unwanted(said)
    assert unwanted.reason(run(said, 2, 7)) == "sponsor read"
    assert unwanted.reason(run(said, 10, 13)) == ""


def test_story_beside_sponsor_read_is_kept(ctx: Context) -> None:
    said = spoken(*DULL, *READ, *TOLD)
    unwanted = Unwanted(said, meaning_of(said, "", ctx).vectors)
    assert unwanted.reason(run(said, 5, 7)) == "sponsor read", "its middle has no phrase of its own"
    assert unwanted.reason(run(said, 8, 12)) == "sponsor read", "the last sentence of it"
    assert unwanted.reason(run(said, 0, 3)) == unwanted.reason(run(said, 9, 12)) == ""


def test_sponsor_read_goes_on_while_it_is_about_the_same(ctx: Context) -> None:
    pitch = ("Mossy Kettle boils water in a minute, and the kettle comes in nine colours.",)
    said = spoken(*READ, *pitch, *TOLD)
    assert Unwanted(said).reason(run(said, 5, 5)) == ""
    assert Unwanted(said, meaning_of(said, "", ctx).vectors).reason(run(said, 5, 5)) == "sponsor read"


def test_unsure_words_are_unwanted_unless_all_are() -> None:
    said = spoken(*DULL, *TOLD)

    def unsure(item: Sentence) -> Sentence:
        return replace(item, words=tuple(replace(word, probability=0.2) for word in item.words))

    mixed = [*map(unsure, said[:4]), *said[4:]]
    assert "unsure" in Unwanted(mixed).reason(run(mixed, 0, 3))
    assert Unwanted(mixed).reason(run(mixed, 4, 7)) == ""
    assert Unwanted(list(map(unsure, said))).reason(run(said, 0, 3)) == "", "the scale says nothing"


def test_log_says_how_many_are_left_out_and_why(caplog: pytest.LogCaptureFixture) -> None:
    said = spoken(*READ, *TOLD)
    runs = [run(said, 0, 4), run(said, 0, 3), run(said, 5, 8)]
    with caplog.at_level(logging.INFO):
        assert without_unwanted(runs, lambda item: item, said) == runs[2:]
        assert "2 of 3 stretches left out: 2 sponsor read" in caplog.text
        assert without_unwanted(runs[:2], lambda item: item, said) == runs[:2]
    assert "picked from all the same" in caplog.text
