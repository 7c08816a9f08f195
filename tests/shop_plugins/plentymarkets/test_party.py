"""Debtor: names, role, addresses, contacts."""

import datetime as dt

import pytest

from inkasso_core import AddressKind, Capacity, ContactKind, InvalidInput, Salutation, Station


def _billing(order):
    return order["addresses"][0]


def _contacts(found):
    return [(contact.kind, contact.value) for contact in found.debtor.contacts]


def test_the_billing_address_names_the_debtor(order, claim):
    debtor = claim(order).debtor
    assert debtor.number == "K-2001"
    assert debtor.capacity is Capacity.UNKNOWN
    assert debtor.organization is None
    assert debtor.language == "de"
    person = debtor.person
    assert (person.salutation, person.title) == (Salutation.MS, "Dr.")
    assert (person.first_name, person.last_name) == ("Käthe", "Groß-Öhler")
    assert person.birth_date == dt.date(1980, 2, 29)


def test_the_parts_of_an_address(order, claim):
    billing, delivery = claim(order).debtor.addresses
    assert billing.kind is AddressKind.BILLING
    assert billing.care_of == "bei Brandt"
    assert (billing.street, billing.house_number) == ("Lange Straße", "5a")
    assert billing.extra == "3. OG links, Hinterhaus"
    assert (billing.postal_code, billing.city, billing.country) == ("01067", "Dresden", "DE")
    assert billing.station is None
    assert (delivery.kind, delivery.station) == (AddressKind.DELIVERY, Station.PACKSTATION)


@pytest.mark.parametrize(
    ("fields", "station"),
    [
        ({"address1": "Packstation"}, Station.PACKSTATION),
        ({"address1": "PACKSTATION 145"}, Station.PACKSTATION),
        ({"address1": "Postfiliale"}, Station.POST_OFFICE),
        ({"isPostfiliale": True}, Station.POST_OFFICE),
        ({"isPackstation": 1}, Station.PACKSTATION),
        ({"isPackstation": False, "isPostfiliale": "0"}, None),
        ({"address1": "Packhofstraße"}, None),
        ({"address1": None}, None),
    ],
)
def test_stations_are_marked(order, claim, fields, station):
    _billing(order).update(fields)
    assert claim(order).debtor.address.station is station


def test_the_read_only_fields_fill_what_is_missing(order, claim):
    expected = claim(order)
    billing = _billing(order)
    aliases = {
        "name1": "companyName", "name2": "firstName", "name3": "lastName", "name4": "careOf",
        "address1": "street", "address2": "houseNumber", "address3": "additional",
    }  # fmt: skip
    for key, alias in aliases.items():
        billing[alias] = billing.pop(key)
    billing["options"] = []
    billing |= {"phone": "0351 4960123", "email": "kaethe@example.org", "title": "Dr.", "birthday": "1980-02-29"}
    assert claim(order).digest() == expected.digest()


def test_the_same_place_is_told_once(order, claim):
    order["addresses"][1] = _billing(order) | {"id": 34, "pivot": {"typeId": 2}}
    assert [address.kind for address in claim(order).debtor.addresses] == [AddressKind.BILLING]


def test_the_contacts_own_addresses_come_last(order, claim):
    order["contactReceiver"]["addresses"] = [
        _billing(order) | {"id": 35, "address1": "Neue Straße"},
        _billing(order) | {"pivot": {"contactId": 104, "typeId": 1}},
    ]
    kinds = [address.kind for address in claim(order).debtor.addresses]
    assert kinds == [AddressKind.BILLING, AddressKind.DELIVERY, AddressKind.ALTERNATIVE]


@pytest.mark.parametrize(("country", "code"), [(1, "DE"), ("2", "AT"), (4, "CH"), (12, "GB"), (255, "DE"), (None, None), (0, None)])
def test_country_ids(order, claim, country, code):
    _billing(order)["countryId"] = country
    assert claim(order).debtor.address.country == code


def test_an_unknown_country_is_refused_with_a_remedy(order, ask, claim):
    _billing(order)["countryId"] = 4711
    with pytest.raises(InvalidInput, match=r"\[shops\.NAME\.settings\.countries\]") as caught:
        ask(order)
    assert caught.value.field == "addresses.0.countryId"
    assert "4711" not in caught.value.read("en") + caught.value.read("de")
    assert claim(order, countries={"4711": "Island"}).debtor.address.country == "IS"


def test_a_configured_country_counts_before_the_built_in_one(order, claim):
    assert claim(order, countries={"1": "AT"}).debtor.address.country == "AT"


@pytest.mark.parametrize(
    ("gender", "salutation"),
    [
        ("male", Salutation.MR), ("Female", Salutation.MS), ("diverse", Salutation.DIVERSE),
        ("x", Salutation.UNKNOWN), (None, Salutation.MS),
    ],
)  # fmt: skip
def test_gender_is_the_salutation(order, claim, gender, salutation):
    _billing(order)["gender"] = gender
    assert claim(order).debtor.person.salutation is salutation, "without one, that of the contact counts"


def test_nothing_is_guessed_from_a_first_name(order, claim):
    _billing(order)["gender"] = order["contactReceiver"]["gender"] = None
    assert claim(order).debtor.person.salutation is Salutation.UNKNOWN


def test_a_company_has_its_person_as_contact(order, claim):
    _billing(order)["name1"] = "Möbel Groß"
    debtor = claim(order).debtor
    assert debtor.is_company
    assert debtor.organization.name == "Möbel Groß"
    assert debtor.person.last_name == "Groß-Öhler"


def test_a_company_without_names_has_the_contact_person(order, claim):
    _billing(order).update(name1="Möbel Groß", name2="", name3=None)
    assert claim(order).debtor.person is None
    _billing(order)["options"].append({"typeId": 12, "value": "Frau Erika Beispiel"})
    assert claim(order).debtor.person.last_name == "Frau Erika Beispiel"


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Möbel Groß", Capacity.UNKNOWN),
        ("Möbel Groß e.K.", Capacity.UNKNOWN),
        ("Turnverein Adlershof e.V.", Capacity.UNKNOWN),
        ("Kunst AG Grundschule", Capacity.UNKNOWN),
        ("AG", Capacity.UNKNOWN),
        ("Möbel Groß GmbH", Capacity.BUSINESS),
        ("Möbel Groß gmbh.", Capacity.BUSINESS),
        ("Groß GmbH & Co. KG", Capacity.BUSINESS),
        ("Groß UG (haftungsbeschränkt)", Capacity.BUSINESS),
        ("Groß Genossenschaft eG", Capacity.BUSINESS),
        ("", Capacity.UNKNOWN),
    ],
)
def test_a_company_name_alone_makes_no_business(order, claim, name, role):
    _billing(order)["name1"] = name
    assert claim(order).debtor.capacity is role


def test_a_company_with_vat_number_is_a_business(order, claim):
    _billing(order)["options"].append({"typeId": 1, "value": "DE136695976"})
    assert claim(order).debtor.capacity is Capacity.UNKNOWN, "a person's VAT number says nothing about this deal"
    _billing(order)["name1"] = "Möbel Groß"
    debtor = claim(order).debtor
    assert debtor.capacity is Capacity.BUSINESS
    assert debtor.organization.vat_id == "DE136695976"


def test_the_vat_number_can_stand_elsewhere(order, claim):
    _billing(order)["name1"] = "Möbel Groß"
    order["contactReceiver"]["accounts"] = [{"companyName": "Groß Handel", "taxIdNumber": "DE2"}]
    assert claim(order).debtor.organization.vat_id == "DE2"
    order["properties"].append({"typeId": 34, "value": "DE1"})
    assert claim(order).debtor.organization.vat_id == "DE1"


def test_the_contact_class_decides_where_it_is_configured(order, claim):
    assert claim(order, contact_classes={"1": "business"}).debtor.capacity is Capacity.BUSINESS
    _billing(order)["name1"] = "Möbel Groß GmbH"
    assert claim(order, contact_classes={"1": "consumer"}).debtor.capacity is Capacity.CONSUMER
    assert claim(order, contact_classes={"2": "consumer"}).debtor.capacity is Capacity.BUSINESS


def test_what_a_bare_company_name_means_can_be_set(order, claim):
    _billing(order)["name1"] = "Möbel Groß"
    assert claim(order, company_capacity="business").debtor.capacity is Capacity.BUSINESS
    _billing(order)["name1"] = ""
    assert claim(order, company_capacity="business").debtor.capacity is Capacity.UNKNOWN


def test_the_customer_number(order, bare_order, claim):
    assert claim(bare_order).debtor.number == "104"
    assert claim(order, customer_number="id").debtor.number == "104"
    order["contactReceiver"]["number"] = None
    assert claim(order).debtor.number == "104"


def test_a_guest_has_no_number(bare_order, claim):
    assert claim(bare_order | {"relations": []}).debtor.number is None
    assert claim(bare_order | {"relations": [], "contactReceiverId": 0}).debtor.number is None
    assert claim(bare_order | {"relations": [], "contactReceiverId": 7}).debtor.number == "7"


def test_contacts_of_address_and_contact(order, claim):
    order["contactReceiver"]["options"] = [
        {"typeId": 1, "subTypeId": 4, "value": "0351 4960123"},
        {"typeId": 1, "subTypeId": 3, "value": "0171 9999999"},
        {"typeId": "2", "subTypeId": 4, "value": "zweite@example.org"},
        {"typeId": 3, "subTypeId": 1, "value": "0351 4960199"},
        {"typeId": 77, "value": "kein Kontakt"},
        {"typeId": 2, "value": ""},
    ]
    assert _contacts(claim(order)) == [
        (ContactKind.PHONE, "+493514960123"),
        (ContactKind.EMAIL, "kaethe@example.org"),
        (ContactKind.MOBILE, "+491712345678"),
        (ContactKind.MOBILE, "+491719999999"),
        (ContactKind.EMAIL, "zweite@example.org"),
        (ContactKind.FAX, "+493514960199"),
    ]


def test_without_billing_address_the_contact_names_the_debtor(order, claim):
    order["addresses"] = [order["addresses"][1] | {"name3": "Nachbar"}]
    debtor = claim(order).debtor
    assert [address.kind for address in debtor.addresses] == [AddressKind.DELIVERY]
    assert debtor.person.last_name == "Groß-Öhler", "the recipient of a delivery need not owe"
    order["contactReceiver"] = []
    assert claim(order).debtor.person is None


def test_nothing_at_all_is_known(bare_order, claim):
    debtor = claim(bare_order).debtor
    assert debtor.person is debtor.organization is debtor.address is None
    assert debtor.contacts == ()


@pytest.mark.parametrize("written", ["1980-02-29", "1980-02-29T00:00:00+01:00", "1980-02-28T23:00:00Z", "1980-02-29 00:00:00"])
def test_the_birthday(order, claim, written):
    _billing(order)["options"][2]["value"] = ""
    order["contactReceiver"]["birthdayAt"] = written
    assert claim(order).debtor.person.birth_date == dt.date(1980, 2, 29)


def test_a_birthday_that_cannot_be_read_is_refused_without_its_value(order, ask):
    _billing(order)["options"][2]["value"] = "29. Februar"
    with pytest.raises(InvalidInput, match="ISO 8601") as caught:
        ask(order)
    assert caught.value.field == "addresses.0.options.2.value"
    assert "Februar" not in caught.value.read("en") + caught.value.read("de")


def test_addresses_are_found_by_id(order, claim):
    expected = claim(order).digest()
    for address in order["addresses"]:
        del address["pivot"]
    assert claim(order).digest() == expected
    order["addresses"].reverse()
    assert claim(order).digest() == expected


def test_addresses_of_the_model_fields(order, claim):
    expected = claim(order).digest()
    order["billingAddress"], order["deliveryAddress"] = order.pop("addresses")
    assert claim(order).digest() == expected


def test_a_single_address_without_id_is_the_billing_address(order, claim):
    nameless = {key: value for key, value in _billing(order).items() if key not in ("id", "pivot")}
    assert claim(order | {"addresses": [nameless]}).debtor.address.street == "Lange Straße"
    assert claim(order | {"addresses": [nameless, nameless]}).debtor.address is None, "which of them is not known"


def test_an_address_of_another_id_is_not_taken(order, claim):
    stranger = {key: value for key, value in _billing(order).items() if key != "pivot"} | {"id": 99}
    assert claim(order | {"addresses": [stranger]}).debtor.address is None


def test_personal_data_stay_out_of_repr(order, claim):
    assert "Käthe" not in repr(claim(order)) + str(claim(order))
