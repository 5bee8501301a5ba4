"""Feishu (飞书): the long connection or event callbacks into a durable inbox, posts and cards out.

No SDK of the vendor: lark-oapi is in the tests as a second opinion.
"""
