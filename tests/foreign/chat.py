"""python-telegram-bot plays a chat against the simulated Telegram.

A bot that others' code runs, not ours: if that library reads every update and every answer of the simulator,
the simulator speaks the Bot API and not merely our dialect of it. The person is driven by the control routes.
`run` beside this file starts the simulator and sets the two variables that are read here.
"""

import asyncio
import os

import httpx
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InlineQueryResultArticle
from telegram import InputTextMessageContent, Update
from telegram.ext import Application, ApplicationBuilder
from telegram.ext import CallbackQueryHandler, CommandHandler, InlineQueryHandler, MessageHandler, filters

URL = os.environ["TELEGRAM_API_URL"]
PERSON = 1001
POLL_SECONDS = 10


async def main() -> None:
    application = ApplicationBuilder().token(os.environ["TOKEN"]).base_url(f"{URL}/bot").build()
    broken: list[Exception] = []

    async def remember(_update, context) -> None:
        broken.append(context.error)

    application.add_error_handler(remember)
    application.add_handlers(
        [
            CommandHandler("start", greet),
            CallbackQueryHandler(count, "^count"),
            CallbackQueryHandler(delete, "^delete$"),
            InlineQueryHandler(find),
            MessageHandler(filters.VIA_BOT, picked),
            MessageHandler(filters.TEXT, echo),
        ]
    )
    async with application:
        await application.start()
        await application.updater.start_polling(timeout=POLL_SECONDS)
        try:
            await talk(application)
        finally:
            await application.updater.stop()
            await application.stop()
            # In here, so that the bot's side of a failure is shown beside what the person missed.
            unknown = httpx.get(f"{URL}/sim/counts", trust_env=False).json()["unknown"]
            assert not unknown, f"the simulator does not know {unknown}"
            assert not broken, broken


# The bot.


async def greet(update: Update, _context) -> None:
    person = update.effective_user
    text = f"<b>Hello</b> {person.mention_html()}, you speak {person.language_code}."
    await update.message.reply_html(text, reply_markup=keyboard(0))


async def count(update: Update, _context) -> None:
    number = int(update.callback_query.data.removeprefix("count")) + 1
    await update.callback_query.answer(f"That makes {number}")
    await update.callback_query.edit_message_text(f"Counted to {number}.", reply_markup=keyboard(number))


async def delete(update: Update, _context) -> None:
    await update.callback_query.delete_message()
    await update.callback_query.answer("Gone", show_alert=True)


async def find(update: Update, _context) -> None:
    names = [name for name in ("France", "Finland") if name.lower().startswith(update.inline_query.query)]
    articles = [InlineQueryResultArticle(name, name, InputTextMessageContent(f"I want {name}")) for name in names]
    await update.inline_query.answer(articles, cache_time=0, is_personal=True)


async def picked(update: Update, context) -> None:
    assert update.message.via_bot.id == context.bot.id
    await update.message.reply_text(f"You picked: {update.message.text}")


async def echo(update: Update, _context) -> None:
    await update.message.reply_text(f"You wrote: {update.message.text}")


def keyboard(number: int) -> InlineKeyboardMarkup:
    more = InlineKeyboardButton("Count", callback_data=f"count{number}")
    search = InlineKeyboardButton("Search", switch_inline_query_current_chat="f")
    return InlineKeyboardMarkup([[more, search], [InlineKeyboardButton("Delete", callback_data="delete")]])


# The person.


async def talk(application: Application) -> None:
    async with httpx.AsyncClient(base_url=f"{URL}/sim/", timeout=20, trust_env=False) as http:
        bot = await control(http, "bot")
        assert (application.bot.username, application.bot.token) == (bot["username"], bot["token"])
        await control(http, "users", id=PERSON, first_name="Ahmad", language_code="ar")

        await act(http, "send", text="/start")
        await act(http, "see", text="Hello Ahmad, you speak ar.")
        hello = f"*Hello* Ahmad <tg://user?id={PERSON}>, you speak ar."
        # The first line says who wrote it.
        shown = (await control(http, f"users/{PERSON}/screen")).splitlines()[1:]
        assert shown == [hello, "[ Count ] [ Search … ]", "[ Delete ]"], shown
        await act(http, "send", text="مرحبا 👋")
        await act(http, "see", text="You wrote: مرحبا 👋")

        for number in (1, 2):
            tapped = await act(http, "tap", label="Count")
            assert tapped == {"answered": {"text": f"That makes {number}", "alert": False}}, tapped
            await act(http, "see", text=f"Counted to {number}.")

        searched = (await act(http, "tap", label="Search"))["searched"]["results"]
        assert [result["title"] for result in searched] == ["France", "Finland"], searched
        await act(http, "search", query="fi")
        await act(http, "pick", title="Finland")
        await act(http, "see", text="You picked: I want Finland")

        tapped = await act(http, "tap", label="Delete")
        assert tapped == {"answered": {"text": "Gone", "alert": True}}, tapped
        chat = await control(http, f"users/{PERSON}/chat")
        assert "Counted" not in chat and "You picked: I want Finland" in chat, chat
        toasts = [toast["text"] for toast in await control(http, f"users/{PERSON}/toasts")]
        assert toasts == ["That makes 1", "That makes 2", "Gone"], toasts

        polls = await control(http, "calls?method=getUpdates")
        assert any(str(poll["params"].get("timeout")) == str(POLL_SECONDS) for poll in polls), polls
        counts = (await control(http, "counts"))["counts"]
        assert counts["getme"] >= 1 and counts["editmessagetext"] == 2, counts
        assert not [call for call in await control(http, "calls") if call["error"]]


async def act(http: httpx.AsyncClient, action: str, **fields):
    return await control(http, f"users/{PERSON}/{action}", **fields)


async def control(http: httpx.AsyncClient, route: str, **fields):
    answer = await (http.post(route, json=fields) if fields else http.get(route))
    assert answer.status_code == 200, f"{route}: {answer.text}"
    return answer.json() if "json" in answer.headers["content-type"] else answer.text


if __name__ == "__main__":
    asyncio.run(main())
