"""What an address and a form carry."""

from typing import Annotated

from litestar.enums import RequestEncodingType
from litestar.params import Body, FromQuery, QueryParameter

Text = FromQuery[str]
Flag = FromQuery[bool]
# Litestar keeps the name `state` for itself.
State = Annotated[str, QueryParameter(name="state")]
# `id` is the name of a function.
Id = Annotated[str, QueryParameter(name="id")]
ViewersOnly = Annotated[bool, QueryParameter(name="mine")]
UrlEncoded = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
