"""Hands one claim over through the agency's own client, in the environment that has it. Reads what to say from standard input."""

import datetime as dt
import json
import sys

import debitura_debt_collection as client

asked = json.load(sys.stdin)
model = client.DebituraWebExternalApiContractsV1CasesRequestsCreateCollectionCaseRequestApiViewModel
debtor = client.DebituraWebExternalApiContractsV1CasesDebtorDto
settings = client.Configuration(host=asked["url"], api_key={"ApiKey": asked["key"]})
with client.ApiClient(settings) as api:
    cases = client.CasesApi(api)
    case = asked["case"]
    for day in ("date", "due_date"):
        case[day] = dt.datetime.fromisoformat(case[day]).replace(tzinfo=dt.UTC)
    body = model(**{**case, "debtor": debtor(**asked["debtor"])})
    made = cases.cases_post_with_http_info(
        idempotency_key=asked["idempotency_key"],
        debitura_web_external_api_contracts_v1_cases_requests_create_collection_case_request_api_view_model=body,
    )
    chat = client.DebituraWebExternalApiContractsV1ChatsSendChatRequest(message=asked["message"], user_email=asked["user"])
    cases.cases_id_chats_post(id=made.data.id, debitura_web_external_api_contracts_v1_chats_send_chat_request=chat)
    found = cases.cases_by_creditor_reference_creditor_reference_get(asked["case"]["creditor_reference"])
    json.dump({"id": made.data.id, "found": found.id, "lifecycle": found.lifecycle, "remainder": found.remainder}, sys.stdout)
