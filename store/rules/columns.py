"""The columns of a trials file: what export calls them, and by which names import finds them.

Rule: docs/import.md#columns.
"""

import re
from enum import StrEnum

from store.rules.spelling import name_key
from store.terms import Service


class Column(StrEnum):
    """A column of a trials file; the value is its heading in an exported file."""

    CODE = "Code"
    COMPANY = "Customer"
    ADMINISTRATOR = "Administrator e-mail"
    FULL_ADMINISTRATORS = "Full administrators"
    ORGANISATION = "Organisation ID"
    COUNTRY = "Country"
    LANGUAGE = "Language"
    KIND = "Kind"
    STATUS = "Status"
    FIRST_DAY = "First day"
    DURATION = "Duration (days)"
    ENDS = "Last day"
    WANTED_FIRST_DAY = "Wanted first day"
    WANTED_ENDS = "Wanted last day"
    ASKED_ON = "Consent requested on"
    ACCEPTED_ON = "Consent accepted on"
    SERVICES = "Services"
    WANTED_SERVICES = "Wanted services"
    LICENCES = "Licences"
    WANTED_LICENCES = "Wanted licences"
    DEVICE_LICENCES = "Device licences"
    MEETINGS_OPTIONS = "Meetings options"
    SITE = "Meetings site"
    SITE_TIME_ZONE = "Meetings time zone"
    LOCATIONS = "Calling locations"
    ORDER_NUMBER = "Order number"
    ORDERED_ON = "Ordered on"
    CONVERTED_ON = "Converted on"
    CANCELLED_ON = "Cancelled on"
    EXTENSIONS = "Extensions"
    OPEN_CHANGES = "To do in Partner Hub"
    STARTED_BY = "Started by"
    SPACE = "Space"
    DEVICE_TYPE = "Device type"
    DEVICE_MODELS = "Device models"
    DEVICE_ORDER = "Device order number"
    DEVICE_COUNTRY = "Device country"
    SHIPPED_ON = "Devices shipped on"
    DEVICES_FROM = "Device trial from"
    DEVICES_UNTIL = "Device trial until"
    RETURNED_ON = "Devices returned on"
    SERIALS = "Serial numbers"
    SERIALS_BACK = "Returned serial numbers"


NEEDED = (Column.COMPANY, Column.ADMINISTRATOR)
"""The columns without which no row can be imported."""

SHOWN_ONLY = frozenset(
    {
        Column.WANTED_FIRST_DAY,
        Column.WANTED_ENDS,
        Column.WANTED_SERVICES,
        Column.WANTED_LICENCES,
        Column.OPEN_CHANGES,
        Column.STARTED_BY,
        Column.SPACE,
    }
)
"""The columns that export writes and import leaves alone."""

_OTHER_NAMES = {
    Column.CODE: "trial code; код; код на пробния период",
    Column.COMPANY: "customer name; company; company name; organization; organization name;"
    " organisation name; account name; customer organization; name; клиент; име на клиента;"
    " име на клиент; фирма; компания; име на фирмата; име на компанията; организация",
    Column.ADMINISTRATOR: "administrator; admin; admin email; administrator email;"
    " customer admin email; customer administrator; customer administrator email; email;"
    " email address; trial administrator; customer email; contact email; имейл;"
    " имейл на администратора; администратор; имейл на администратор; е-поща; ел поща;"
    " електронна поща; електронна поща на администратора",
    Column.FULL_ADMINISTRATORS: "full admins; full administrator emails;"
    " пълноправни администратори; пълни администратори",
    Column.ORGANISATION: "organization id; org id; orgid; customer org id; customer id;"
    " customer organization id; идентификатор на организацията; ид на организацията;"
    " id на организацията;"
    " организация id",
    Column.COUNTRY: "country code; country of use; location; държава; страна; код на държавата",
    Column.LANGUAGE: "customer language; preferred language; език; език на клиента",
    Column.KIND: "customer type; trial kind; trial type; relation; вид; вид клиент; тип;"
    " тип клиент; вид на пробния период",
    Column.STATUS: "trial status; account status; customer status; service status; state;"
    " състояние; статус; статус на пробния период",
    Column.FIRST_DAY: "start date; start; trial start; trial start date; started on; from;"
    " provisioned on; activation date; начална дата; начало; първи ден; начало на пробния период;"
    " дата на започване; от",
    Column.DURATION: "duration; trial duration; duration days; trial length; trial period; days;"
    " продължителност; продължителност дни; дни; срок; срок дни",
    Column.ENDS: "end date; end; trial end; trial end date; expires; expires on; expiry date;"
    " expiration date; trial expiration date; expiration; until; крайна дата; край; последен ден;"
    " изтича; изтича на; дата на изтичане; край на пробния период; до",
    Column.WANTED_FIRST_DAY: "",
    Column.WANTED_ENDS: "",
    Column.ASKED_ON: "requested on; request date; request sent; request sent on; consent asked on;"
    " искано съгласие на; дата на искането; заявка изпратена на",
    Column.ACCEPTED_ON: "accepted on; accepted; acceptance date; consent date; прието на;"
    " дата на приемане; съгласие на",
    Column.SERVICES: "service; trial services; subscriptions; products; offers; capabilities;"
    " услуги; услуга",
    Column.WANTED_SERVICES: "",
    Column.LICENCES: "licenses; license quantity; licence quantity; number of licenses;"
    " total licenses; users; seats; quantity; лицензи; брой лицензи; потребители;"
    " брой потребители",
    Column.WANTED_LICENCES: "",
    Column.DEVICE_LICENCES: "device licenses; device registrations; room system licenses;"
    " лицензи за устройства",
    Column.MEETINGS_OPTIONS: "meeting options; опции за meetings; опции за срещи",
    Column.SITE: "site; site url; webex site; meetings site url; meeting site; сайт;"
    " адрес на сайта; сайт за срещи; сайт за meetings",
    Column.SITE_TIME_ZONE: "time zone; timezone; site time zone; часова зона; часови пояс",
    Column.LOCATIONS: "locations; number of locations; обекти; брой обекти; локации;"
    " локации за calling",
    Column.ORDER_NUMBER: "order; order no; web order id; номер на поръчка; поръчка",
    Column.ORDERED_ON: "order date; поръчано на; дата на поръчката",
    Column.CONVERTED_ON: "conversion date; purchased on; purchase date; преминал към платен на;"
    " закупен на; дата на закупуване",
    Column.CANCELLED_ON: "canceled on; cancellation date; deleted on; отменен на; прекратен на;"
    " дата на отмяна; дата на отмяната",
    Column.EXTENSIONS: "number of extensions; удължавания; брой удължавания",
    Column.OPEN_CHANGES: "",
    Column.STARTED_BY: "managed by; partner administrator; започнат от",
    Column.SPACE: "webex space; пространство",
    Column.DEVICE_TYPE: "type of device; тип устройство; вид устройство; вид устройства",
    Column.DEVICE_MODELS: "models; модели; модел; модели устройства",
    Column.DEVICE_ORDER: "device order; devices order number; hardware order number;"
    " номер на поръчка за устройства; поръчка за устройства",
    Column.DEVICE_COUNTRY: "ship to country; shipping country; държава на доставка",
    Column.SHIPPED_ON: "shipped on; ship date; shipment date; изпратени на; дата на изпращане",
    Column.DEVICES_FROM: "device trial start; device trial start date; device start date;"
    " начало за устройствата; устройства от",
    Column.DEVICES_UNTIL: "device expiration; device expiry; device expiry date;"
    " device expiration date; device trial end; device trial end date; device trial expires;"
    " край за устройствата; устройства до; срок за устройствата",
    Column.RETURNED_ON: "returned on; return date; върнати на; дата на връщане",
    Column.SERIALS: "serials; serial number; serial no; серийни номера; сериен номер",
    Column.SERIALS_BACK: "returned serials; върнати серийни номера; серийни номера на върнатите",
}
"""The other names, in English and Bulgarian, the old and renamed ones of Partner Hub included."""

_SERVICES = {
    Service.MESSAGING: "messaging; message; webex messaging; webex app; webex teams; teams; spark;"
    " cisco spark; съобщения",
    Service.MEETINGS: "meetings; meeting; webex meetings; webex meeting center; spark meeting;"
    " webex suite meetings; срещи",
    Service.CALLING: "calling; call; webex calling; spark call; обаждания; телефония; разговори",
    Service.DEVICES: "webex devices; devices; device; room devices; room systems; webex room;"
    " spark room systems; webex devices registration; устройства; устройства на webex",
}
"""The names of services, in English and Bulgarian, former ones included."""

_SPELLED = re.compile(r"[\W_]+")


def column_of(heading: str) -> Column | None:
    """The column that a heading means; None if it is unknown."""
    return _BY_NAME.get(_key(heading))


def service_of(name: str) -> Service | None:
    """The service that a name means; None if it is unknown."""
    return _SERVICE_BY_NAME.get(_key(name))


def _key(heading: str) -> str:
    """What headings are compared by: letters and digits, ignoring case; `e-mail` is `email`."""
    return _SPELLED.sub("", name_key(heading).replace("organisation", "organization"))


def _by_name() -> dict[str, Column]:
    names: dict[str, Column] = {}
    for column, others in _OTHER_NAMES.items():
        for name in (column, *others.split(";")):
            key = _key(name)
            if key and names.setdefault(key, column) is not column:
                raise ValueError(f"{name} names two columns")
    return names


_BY_NAME = _by_name()
_SERVICE_BY_NAME = {
    _key(name): service for service, names in _SERVICES.items() for name in names.split(";")
}
