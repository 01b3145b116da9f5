"""Plays in the playground by clicking: a purchase at Server 2 in Arabic with a kill in the middle, what the inspector shows of it,
and a purchase at Server 1 in English while the other supplier is down."""

import argparse
import pathlib
import urllib.parse

from browser import Browser

ARABIC = "document.querySelector('[data-phone=\"1\"]')"
ENGLISH = "document.querySelector('[data-phone=\"2\"]')"


# Direction marks are not seen.
MARKS = r"/[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g"


def reads(element, text):
    """Whether an element shows a text."""
    return f"{element}.innerText.replace({MARKS}, '').includes({text!r})"


def key(phone, label):
    """The newest button of a chat whose label has these words."""
    return f"[...{phone}.querySelectorAll('.key')].filter(key => {reads('key', label)}).at(-1)"


def shows(phone, text):
    return reads(f"{phone}.querySelector('[data-chat]')", text)


class Play:
    def __init__(self, browser, url, shots):
        self.browser, self.url, self.shots = browser, url, shots
        self.count = 0

    def shoot(self, name):
        if self.shots:
            self.count += 1
            self.browser.shoot(self.shots / f"{self.count:02}-{name}.png")

    def tap(self, label, phone=ARABIC):
        self.browser.click(key(phone, label), f"the button {label}")

    def see(self, text, phone=ARABIC):
        self.browser.wait(shows(phone, text), repr(text))

    def two_phones(self):
        self.browser.open(self.url)
        self.see("أهلًا Noor")
        self.see("Ada", ENGLISH)
        self.browser.wait(key(ENGLISH, "Buy a number"), "the English menu")
        self.shoot("two-phones")

    def choose(self):
        self.tap("شراء رقم")
        self.see("اختر السيرفر")
        self.shoot("servers")
        self.tap("سيرفر 2")
        self.tap("مؤقت")
        self.see("اختر الدولة")
        self.shoot("kind-chosen")
        self.tap("بحث عن دولة")
        result = f"[...{ARABIC}.querySelectorAll('.result')].find(one => {reads('one', 'فرنسا')})"
        results = f"{ARABIC}.querySelectorAll('.result').length"
        self.browser.wait(f"{results} > 5", "a list of countries")
        first = self.browser.run(f"return {results}")
        self.browser.run(f"const list = {ARABIC}.querySelector('[data-results]'); list.scrollTop = list.scrollHeight;")
        self.browser.wait(f"{results} > {first}", "the next page of countries")
        self.shoot("inline-panel")
        self.browser.type(f"{ARABIC}.querySelector('[data-compose] input')", "فرنسا")
        self.browser.wait(f"{result} && {results} < 5", "France alone")
        self.browser.click(result, "France in the list")
        self.see("اختر الخدمة")
        self.shoot("country-picked")
        self.tap("واتساب")
        self.see("تأكيد الطلب")
        self.browser.wait(key(ARABIC, "شراء بسعر"), "a price")
        self.shoot("confirm")

    def buy_and_kill(self):
        self.tap("شراء بسعر")
        self.see("رقمك جاهز")
        self.shoot("waiting")
        self.browser.click("document.querySelector('#kill')", "the button that kills")
        self.browser.wait("document.querySelector('#restart')", "a dead bot")
        self.tap("الآن")
        self.browser.wait(f"{ARABIC}.querySelector('.key.waiting')", "a button that waits for the bot")
        self.browser.click("document.querySelector('[data-sms] [value=\"now\"]')", "the button for an SMS now")
        self.shoot("dead")
        self.browser.click("document.querySelector('#restart')", "the button that restarts")
        self.browser.wait("document.querySelector('#kill')", "a living bot")
        self.see("الكود: 482913")
        self.browser.wait(f"!{ARABIC}.querySelector('.key.waiting')", "an answer to the press of before")
        self.shoot("recovered")

    def inspect(self):
        ledger = "document.querySelector('#beats').innerText"
        head = "[...document.querySelectorAll('.beat > .head')].find(head => " + reads("head", "شراء بسعر") + ")"
        self.browser.click(head, "the beat of the purchase")
        self.browser.wait(f"{ledger}.includes('Hold') && {ledger}.includes('Cost')", "the hold and the cost in the ledger")
        self.browser.wait("document.querySelector('.json .changed')", "what changed in the session")
        self.browser.wait("document.querySelector('.diagram .taken')", "the edge that was taken")
        assert "/purchase/sms" in self.browser.run(f"return {ledger}"), "the supplier's call is not shown"
        self.browser.run("document.querySelector('.beat.open').scrollIntoView()")
        self.shoot("inspector")
        captures = self.browser.run(
            "return fetch('/phone/1/script').then(answer => answer.text())"
        )
        assert "search" in captures and "pick \"فرنسا" in captures, captures
        self.browser.run("scrollTo(0, 0)")

    def mood(self, server, mood):
        button = f"[...document.querySelectorAll('[data-server=\"{server}\"] .mood')].find(one => one.innerText === {mood!r})"
        self.browser.click(button, f"the button {mood} of Server {server}")
        self.browser.wait(f"{button}.getAttribute('aria-pressed') === 'true'", f"Server {server} to be {mood}")

    def buy_at_the_other_server(self):
        self.mood(2, "down")
        for label in ["Buy a number", "Server 1", "Temporary", "WhatsApp", "Buy for"]:
            self.tap(label, ENGLISH)
        self.see("Your number is ready", ENGLISH)
        self.shoot("server-1-while-2-is-down")
        sms = "[...document.querySelectorAll('[data-server=\"1\"] button')].find(one => one.innerText === 'SMS now')"
        self.browser.click(sms, "the button for an SMS at Server 1")
        self.see("482913", ENGLISH)
        self.mood(2, "well")
        self.shoot("both-bought")

    def judge(self):
        """The page asked nobody else, and complained of nothing."""
        console = self.browser.console()
        assert not console, "\n".join(console)
        own = urllib.parse.urlsplit(self.url).netloc
        asked = [urllib.parse.urlsplit(url) for url in self.browser.requests()]
        # The browser's own first page is made of chrome:// addresses.
        others = [url.geturl() for url in asked if url.scheme in ("http", "https", "ws", "wss") and url.netloc != own]
        assert any(url.netloc == own for url in asked), "the record of requests is empty"
        assert not others, f"other hosts were asked: {others}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--chromium", default="chromium")
    parser.add_argument("--driver", default="chromedriver")
    parser.add_argument("--shots", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.shots:
        arguments.shots.mkdir(parents=True, exist_ok=True)
    with Browser(arguments.chromium, arguments.driver) as browser:
        browser.size(1600, 960)
        play = Play(browser, arguments.url, arguments.shots)
        try:
            play.two_phones()
            play.choose()
            play.buy_and_kill()
            play.inspect()
            play.buy_at_the_other_server()
            play.judge()
        except AssertionError:
            play.shoot("failed")
            raise


if __name__ == "__main__":
    main()
