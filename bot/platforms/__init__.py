"""Chat platforms, one folder each, none knowing another; beside them what several of them stand on."""

from bot.config import PlatformSetup
from bot.platforms.feishu.setup import Feishu
from bot.platforms.matrix.setup import Matrix
from bot.platforms.telegram.setup import Telegram
from bot.platforms.wecom.setup import WeCom

# A new platform is a folder beside these and a line here; an owner's id without a platform is the first one's.
PLATFORMS: tuple[type[PlatformSetup], ...] = (Telegram, Feishu, WeCom, Matrix)
