"""Chat platforms, one folder each, none knowing another; beside them what several of them stand on."""

from bot.config import PlatformSetup
from bot.platforms.feishu import Feishu
from bot.platforms.matrix import Matrix
from bot.platforms.telegram import Telegram
from bot.platforms.wecom import WeCom

# A new platform is a folder beside these and a line here; an owner's id without a platform is the first one's.
PLATFORMS: tuple[type[PlatformSetup], ...] = (Telegram, Feishu, WeCom, Matrix)
