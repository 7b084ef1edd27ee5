"""Single sign-on and passwords given out, as somebody at a browser meets them."""

from tests.builders import application, serving, staff
from tests.sign_on.conftest import signing_on
from tests.sign_on.test_people import linked, sign_on
from volunteer_svc.store.database import fetch

HTML = {"accept": "text/html"}


async def test_the_sign_in_page_leads_to_the_platform_and_back_to_where_one_was(http, issuer):
    page = await http.get("/staff/sign-in", params={"next": "/staff/sessions"}, headers=HTML)
    assert 'href="/v1/sign-on?return_to=/staff/sessions"' in page.text
    await linked(issuer, "county-1", "county")
    assert (await sign_on(http, "county-1", "/staff/sessions")).status_code == 303
    assert (await http.get("/staff/sessions", headers=HTML)).status_code == 200


async def test_without_an_issuer_the_page_does_not_speak_of_it(client):
    assert "sign-on" not in (await client.get("/staff/sign-in", headers=HTML)).text


async def test_who_is_not_let_in_reads_why_on_a_page(database, issuer):
    async with serving(application(signing_on(database, issuer))) as http:
        http.headers.update(HTML)
        answer = await sign_on(http, "guest")
        assert answer.status_code == 403
        assert answer.headers["content-type"].startswith("text/html")
        assert "主平台已确认您的身份" in answer.text


async def test_a_password_given_out_leads_to_the_page_that_changes_it(client):
    admin, known = await staff("admin"), await staff("county")
    path = f"/v1/accounts/{known.actor.id}/reset-password"
    password = (await client.post(path, headers=admin.auth)).json()["password"]
    (row,) = await fetch("SELECT username FROM staff WHERE id = $1", known.actor.id)
    body = {"kind": "staff", "name": row["username"], "password": password}
    client.base_url = "https://test"
    await client.post("/v1/sessions?by=cookie", json=body)
    for page in ("/staff", "/staff/sessions", "/staff/code"):
        answer = await client.get(page, headers=HTML)
        assert answer.headers.get("location") == "/staff/password", page
    assert (await client.get("/staff/password", headers=HTML)).status_code == 200
