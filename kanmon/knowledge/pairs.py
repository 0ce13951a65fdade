"""What a row of a compatibility export says: two products, their versions, whether they fit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from kanmon.knowledge.interop import (
    ApplianceNsx,
    DeepSecurityPair,
    EsxiVCenter,
    NsxVSphere,
    ToolsEsxi,
)
from kanmon.knowledge.rows import Row, Text
from kanmon.knowledge.spans import Span, Version
from kanmon.versions import DeepSecurity, Nsx, Tools, VersionError, VSphere


@dataclass(frozen=True, slots=True)
class _Product:
    """A product that a cell may name.

    Attributes:
        field: what rows call it.
        version: reads one of its versions.
        every: the span of all its versions.
    """

    field: str
    version: Callable[[str], Version]
    every: str = "any"


def _nsx(product: str) -> _Product:
    """NSX-V or NSX-T: its column says so already, and "any" alone would mean both."""

    def version(text: str) -> Nsx:
        try:
            found = Nsx.parse(text if text.startswith("NSX-") else f"{product} {text}")
        except VersionError as error:
            raise VersionError(text, error.expected) from None
        if found.product != product:
            raise VersionError(text, f"a version of {product}")
        return found

    return _Product("nsx", version, "from 1.0")


PRODUCTS = {
    "vCenter": _Product("vcenter", VSphere.parse),
    "ESXi": _Product("esxi", VSphere.parse),
    "NSX-V": _nsx("NSX-V"),
    "NSX-T": _nsx("NSX-T"),
    "VMware Tools": _Product("tools", Tools.parse),
    "Deep Security Manager": _Product("manager", DeepSecurity.parse),
    "Deep Security Agent": _Product("agent", DeepSecurity.parse),
    "Deep Security Relay": _Product("relay", DeepSecurity.parse),
    "Deep Security Virtual Appliance": _Product("appliance", DeepSecurity.parse),
}
TABLES: dict[frozenset[str], type[Row]] = {
    frozenset({"esxi", "vcenter"}): EsxiVCenter,
    frozenset({"nsx", "vcenter"}): NsxVSphere,
    frozenset({"nsx", "esxi"}): NsxVSphere,
    frozenset({"appliance", "nsx"}): ApplianceNsx,
    frozenset({"tools", "esxi"}): ToolsEsxi,
    frozenset({"agent", "manager"}): DeepSecurityPair,
    frozenset({"relay", "manager"}): DeepSecurityPair,
    frozenset({"appliance", "manager"}): DeepSecurityPair,
    frozenset({"agent", "relay"}): DeepSecurityPair,
}
STATUS = {
    "compatible": True,
    "supported": True,
    "yes": True,
    "incompatible": False,
    "not supported": False,
    "no": False,
}


def _bare(name: str) -> str:
    return "".join(name.split()).casefold()


_NAMES = {
    _bare(text): name
    for name in PRODUCTS
    for text in (name, name.removeprefix("Deep Security "))  # an agent is one of Deep Security
}


def _product(text: str) -> str:
    """The name of a product as it stands in ``PRODUCTS``."""
    try:
        return _NAMES[_bare(text)]
    except KeyError:
        raise ValueError(f"expected one of {', '.join(PRODUCTS)}, got {text!r}") from None


def _partner(text: str, info: ValidationInfo) -> str:
    """The other product, where there is a table for the two."""
    partner = _product(text)
    product = info.data.get("product")
    if product and _fields(product, partner) not in TABLES:
        pairs = ", ".join(" and ".join(sorted(pair)) for pair in TABLES)
        raise ValueError(f"there is no table for {product} with {partner}; there are: {pairs}")
    return partner


def _fields(*products: str) -> frozenset[str]:
    return frozenset(PRODUCTS[product].field for product in products)


def _span(text: str, info: ValidationInfo) -> str:
    """The versions of the product before them, as tables write them."""
    product = info.data.get("partner" if info.field_name == "partner_version" else "product")
    return _written(text, PRODUCTS[product]) if product else text  # else the product is the fault


def _third(text: str, info: ValidationInfo) -> str:
    """The versions of ESXi, which an appliance on NSX needs and no other pair takes."""
    products = [info.data[name] for name in ("product", "partner") if name in info.data]
    if _fields(*products) == {"appliance", "nsx"}:
        return _written(text, PRODUCTS["ESXi"])
    if text and len(products) == len(("product", "partner")):  # else a product is the fault
        raise ValueError(f"expected nothing: only an appliance with NSX has it, got {text!r}")
    return text


def _written(text: str, product: _Product) -> str:
    try:
        return str(Span.parse(product.every if text == "any" else text, product.version))
    except VersionError as error:
        raise ValueError(str(error)) from None


def _status(text: str) -> bool:
    try:
        return STATUS[text.casefold()]
    except KeyError:
        raise ValueError(f"expected one of {', '.join(STATUS)}, got {text!r}") from None


def _day(text: str, info: ValidationInfo) -> dt.date:
    """A day that has been: one to come would put off the review."""
    expected = f"expected a day up to today as in 2026-11-23, got {text!r}"
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError(expected) from None
    if day.isoformat() != text or day > (info.context or {})["today"]:
        raise ValueError(expected)
    return day


class Line(BaseModel):
    """A row of the CSV, by its columns; each is read in the light of those before it."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    product: Annotated[str, AfterValidator(_product)]
    version: Annotated[str, AfterValidator(_span)]
    partner: Annotated[str, AfterValidator(_partner)] = Field(alias="with")
    partner_version: Annotated[str, AfterValidator(_span)] = Field(alias="with_version")
    esxi_version: Annotated[str, AfterValidator(_third), Field(validate_default=True)] = ""
    supported: Annotated[bool, BeforeValidator(_status)] = Field(alias="status")
    source: Text
    address: Text
    retrieved: Annotated[dt.date, BeforeValidator(_day)]
    note: str = ""

    @property
    def model(self) -> type[Row]:
        """The model of the row that it becomes."""
        return TABLES[_fields(self.product, self.partner)]

    @property
    def versions(self) -> dict[str, str]:
        """What the row is about, by the row's fields and in their order."""
        versions = {
            PRODUCTS[self.product].field: self.version,
            PRODUCTS[self.partner].field: self.partner_version,
        }
        if self.model is DeepSecurityPair:
            return _deep_security(versions)
        versions |= {"esxi": self.esxi_version} if self.esxi_version else {}
        return {name: versions[name] for name in self.model.model_fields if name in versions}


def _deep_security(versions: dict[str, str]) -> dict[str, str]:
    """The products of Deep Security are values of their row, not fields."""
    partner = "manager" if "manager" in versions else "relay"
    product = next(name for name in versions if name != partner)
    return {
        "product": product,
        "version": versions[product],
        "partner": partner,
        "partner_version": versions[partner],
    }


COLUMNS = {field.alias or name: field.is_required() for name, field in Line.model_fields.items()}
"""The columns, and whether a file must have them."""
