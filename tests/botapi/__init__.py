"""A small strict Bot API server for tests: real HTTP, Telegram's own limits, offset rule and errors.

Its rules were read in tdlib/telegram-bot-api (Bot API 10.0); aiogram's models are its second opinion on every
call it takes and every update it gives.
"""
