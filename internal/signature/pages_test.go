package signature

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/platform/web/webtest"
	"kabinet/internal/signature/pki/pkitest"
	"kabinet/internal/staff"
)

const signForm1 = "main form[enctype]"

// fileOf downloads the file that a page gives to be signed.
func (w *world) fileOf(b *webtest.Browser, p *webtest.Page) string {
	w.t.Helper()
	for _, a := range p.All("main a[href]") {
		if href := webtest.Attr(a, "href"); strings.HasPrefix(href, EnterPath+"/file") {
			file := b.Get(href)
			if d := file.Header.Get("Content-Disposition"); file.Status != 200 || !strings.HasPrefix(d, "attachment") {
				w.t.Fatalf("%d %s", file.Status, d)
			}
			return string(file.Body)
		}
	}
	w.t.Fatalf("no file to be signed:\n%s", p.Text("main"))
	return ""
}

func (w *world) sends(b *webtest.Browser, path, name string, a pkitest.Algorithm) *webtest.Page {
	w.t.Helper()
	p := b.Get(path)
	sig := w.Sign(name, w.fileOf(b, p), a, "-cades")
	return p.Form(signForm1).Attach("signature", "kabinet.p7s", "application/pkcs7-signature", sig).Send()
}

// Proves
func TestAPersonSignsInByAFileAndIsToldWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.person(sokolova(), account.Confirmed, "+79000000051", true)
	w.Issue("me", pkitest.Sokolova, "root", "leaf", pkitest.P256(), 365)
	w.Issue("server", pkitest.Sokolova, "root", "server", pkitest.P256(), 365)
	b := w.visitor()
	p := b.Get(EnterPath + "?next=/applications")
	if file := w.fileOf(b, p); !strings.Contains(file, "Портал: https://kabinet.test\n") || !strings.Contains(file, "вход в учётную запись") {
		t.Errorf("the file does not say what it is for:\n%s", file)
	}
	if p = p.Form(signForm1).Send(); p.Status != 422 || !strings.Contains(p.Text("main"), "Выберите файл подписи") {
		t.Errorf("nothing sent: %d %s", p.Status, p.Text("main"))
	}
	p = w.sends(b, EnterPath, "server", pkitest.P256())
	for _, said := range []string{"Этот сертификат нельзя использовать для подписи", "Что проверить", "ПИН-код токена", "Сертификат выдал доверенный центр", "поддержку"} {
		if !strings.Contains(p.Text("main"), said) {
			t.Errorf("a wrong purpose: «%s» is not said:\n%s", said, p.Text("main"))
		}
	}
	// The same page goes on with the same file, pasted as text.
	sig := base64.StdEncoding.EncodeToString(w.Sign("me", w.fileOf(b, p), pkitest.P256(), "-cades"))
	form := p.Form(signForm1).Set("text", sig)
	if p = form.Send(); string(p.Body) != "home of "+owner {
		t.Fatalf("%d %s", p.Status, p.Body)
	}
	other := w.visitor()
	again := other.Get(EnterPath).Form(signForm1)
	again.Set("challenge", form.Value("challenge"))
	if p = again.Set("text", sig).Send(); p.Status != 422 || !strings.Contains(p.Text("main"), "больше не годится") {
		t.Errorf("in another browser: %d %s", p.Status, p.Text("main"))
	}
	english := w.visitor()
	english.Lang = "en"
	if p = w.sends(english, EnterPath, "server", pkitest.P256()); !strings.Contains(p.Text("main"), "may not be used for signing") || strings.ContainsAny(p.Text("main"), "абвгд") {
		t.Errorf("in English:\n%s", p.Text("main"))
	}
	if history, err := w.accounts.SignIns(t.Context(), owner, "", 5); err != nil || len(history) != 1 || history[0].Method != "signature.method" {
		t.Errorf("%+v, %v", history, err)
	}
}

// Proves: A-07
func TestAPersonRegistersByASignature(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Issue("me", pkitest.Sokolova, "root", "leaf", pkitest.P256(), 365)
	b := w.visitor()
	p := w.sends(b, RegisterPath, "me", pkitest.P256())
	for _, said := range []string{"Соколова", "Марина", "Андреевна", "999-000-001 15", "000000122390"} {
		if !strings.Contains(p.Text("main"), said) {
			t.Errorf("«%s» is not said:\n%s", said, p.Text("main"))
		}
	}
	const phone = "+79000000055"
	p = p.Form("main form").Set("phone", "900").Send()
	if p.Status != 422 || !strings.Contains(p.Text("main"), "Отметьте согласие") {
		t.Errorf("%d %s", p.Status, p.Text("main"))
	}
	p = p.Form("main form").Set("phone", "8 900 000-00-55").Set("consent", "on").Send()
	if p = p.Form("main form").Set("code", "000000").Send(); p.Status != 422 || !strings.Contains(p.Text("main"), "Код не подошёл") {
		t.Errorf("%d %s", p.Status, p.Text("main"))
	}
	if p = p.Form("main form").Set("code", w.code(phone)).Send(); !strings.HasPrefix(string(p.Body), "home of ") || len(p.Body) < 20 {
		t.Fatalf("%d %s", p.Status, p.Body)
	}
	if p = b.Get(boundPath); !strings.Contains(p.Text("main"), "Соколова Марина Андреевна") || !strings.Contains(p.Text("main"), "Действует") {
		t.Errorf("%d %s", p.Status, p.Text("main"))
	}
	if p = w.sends(b, boundPath+"/bind", "me", pkitest.P256()); p.Status != 409 || !strings.Contains(p.Text("main"), "уже привязан") {
		t.Errorf("%d %s", p.Status, p.Text("main"))
	}
	if p = b.Get(boundPath).Form("main form").Send(); !strings.Contains(p.Text("main"), "Сертификат отвязан") || !strings.Contains(p.Text("main"), "Сертификатов пока нет") {
		t.Errorf("%d %s", p.Status, p.Text("main"))
	}
	if p = w.sends(b, ConfirmPath, "me", pkitest.P256()); p.Status != 422 || !strings.Contains(p.Text("main"), "Нужна квалифицированная подпись") {
		t.Errorf("%d %s", p.Status, p.Text("main"))
	}
}

// Proves: S-21
func TestAnAdministratorKeepsTheTrustList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Root("ca", pkitest.GOST256())
	w.Issue("me", pkitest.Sokolova, "ca", "leaf", pkitest.P256(), 365)
	owner := w.person(sokolova(), account.Confirmed, "+79000000051", true)
	list := func(version int, since time.Time) []byte {
		return fmt.Appendf(nil, `<АккредитованныеУдостоверяющиеЦентры><Версия>%d</Версия><Дата>2026-11-20</Дата><УдостоверяющийЦентр><Название>Центр</Название>
<СтатусАккредитации><Статус>Действует</Статус><ДействуетС>%s</ДействуетС></СтатусАккредитации><ПрограммноАппаратныеКомплексы><ПрограммноАппаратныйКомплекс><КлючиУполномоченныхЛиц><Ключ>
<АдресаСписковОтзыва><Адрес>%s/ca.crl</Адрес></АдресаСписковОтзыва><Сертификаты><ДанныеСертификата><Данные>%s</Данные></ДанныеСертификата></Сертификаты>
</Ключ></КлючиУполномоченныхЛиц></ПрограммноАппаратныйКомплекс></ПрограммноАппаратныеКомплексы></УдостоверяющийЦентр></АккредитованныеУдостоверяющиеЦентры>`,
			version, since.Format(time.RFC3339), w.lists.URL, base64.StdEncoding.EncodeToString(w.Certificate("ca")))
	}
	boss := w.person(sokolova(), account.Simplified, "+79000000056", false)
	want(t, w.Service.staff.Appoint(t.Context(), audit.Portal(), staff.Member{Account: boss, Agency: staff.Portal, Name: "Т. Р.", Roles: []staff.Role{staff.Administrator}}), nil)
	b := w.visitor()
	b.Client.CheckRedirect = nil
	w.admitted(b, boss)
	citizen := w.visitor()
	if p := citizen.Get(trustPath); p.Status != 200 || !strings.HasPrefix(p.URL.Path, "/login") {
		t.Errorf("a stranger sees %s: %d", p.URL, p.Status)
	}
	if p := w.sends(citizen, EnterPath, "me", pkitest.P256()); !strings.Contains(p.Text("main"), "нам неизвестен") {
		t.Errorf("before the list:\n%s", p.Text("main"))
	}
	p := b.Get(trustPath)
	if !strings.Contains(p.Text("main"), "Список ещё не загружен") {
		t.Fatalf("%d %s", p.Status, p.Text("main"))
	}
	send := func(file []byte) *webtest.Page {
		return b.Get(trustPath).Form(signForm1).Attach("list", "list.xml", "text/xml", file).Send()
	}
	if p = send([]byte("<html/>")); p.Status != 422 || !strings.Contains(p.Text("main"), "не список аккредитованных центров") {
		t.Errorf("%d %s", p.Status, p.Text("main"))
	}
	if p = send(list(7, time.Now().Add(240*time.Hour))); p.Status != 200 || !strings.Contains(p.Text("main"), "Список обновлён") {
		t.Fatalf("%d %s", p.Status, p.Text("main"))
	}
	w.publishes(w.List("ca", pkitest.GOST256()))
	if p := w.sends(citizen, EnterPath, "me", pkitest.P256()); !strings.Contains(p.Text("main"), "нет действующей аккредитации") {
		t.Errorf("not accredited yet:\n%s", p.Text("main"))
	}
	if p = send(list(7, time.Now().Add(-24*time.Hour))); p.Status != 409 || !strings.Contains(p.Text("main"), "не новее") {
		t.Errorf("%d %s", p.Status, p.Text("main"))
	}
	w.publishes(list(8, time.Now().Add(-24*time.Hour)))
	if p = b.Get(trustPath).Form(`form[action="` + trustPath + `/fetch"]`).Send(); p.Status != 200 || !strings.Contains(p.Text("main"), "8 от 2026-11-20") {
		t.Fatalf("%d %s", p.Status, p.Text("main"))
	}
	w.publishes(w.List("ca", pkitest.GOST256()))
	w.pass(2 * retryAfter)
	if p := w.sends(citizen, EnterPath, "me", pkitest.P256()); string(p.Body) != "home of "+owner {
		t.Errorf("accredited: %d %s", p.Status, p.Text("main"))
	}
	if p = b.Get(trustPath); !strings.Contains(p.Text("main"), w.lists.URL+"/ca.crl") {
		t.Errorf("the revocation list is not shown:\n%s", p.Text("main"))
	}
	if acts := w.acts(trustOwner); acts != "signature.audit_list signature.audit_list" {
		t.Errorf("acts: %s", acts)
	}
}

// admitted signs a browser in.
func (w *world) admitted(b *webtest.Browser, owner string) {
	w.t.Helper()
	w.entering.Store(&owner)
	if p := b.Get("/enter"); string(p.Body) != "home of "+owner {
		w.t.Fatalf("%d %s", p.Status, p.Body)
	}
}

// Proves
func TestACertificateOfTheBrowserSignsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tlsURL = w.server.URL
	w.portal = w.server.URL
	owner := w.person(sokolova(), account.Confirmed, "+79000000051", true)
	raw := w.Issue("me", pkitest.Sokolova, "root", "leaf", pkitest.P256(), 365)
	show := func(list ...[]byte) { w.shownBy = func(*http.Request) [][]byte { return list } }

	show()
	if p := w.visitor().Get("/login/certificate"); p.Status != 422 || !strings.Contains(p.Text("main"), "Браузер не показал сертификат") {
		t.Errorf("none shown: %d %s", p.Status, p.Text("main"))
	}
	show(w.Issue("server", pkitest.Sokolova, "root", "server", pkitest.P256(), 365))
	if p := w.visitor().Get("/login/certificate"); p.Status != 422 || !strings.Contains(p.Text("main"), "нельзя использовать для подписи") {
		t.Errorf("for servers: %d %s", p.Status, p.Text("main"))
	}
	show(raw)
	b := w.visitor()
	if p := b.Get("/login/certificate"); string(p.Body) != "home of "+owner {
		t.Fatalf("%d %s", p.Status, p.Text("main"))
	}

	// Whoever sends the address on to somebody with a certificate gets nothing:
	// the ticket comes to the browser that showed it, and fits the one that asked.
	mallory, victim := w.visitor(), w.visitor()
	asked := stopAt(t, mallory, "/login/certificate")
	if p := victim.Get(asked); p.Status != 422 {
		t.Errorf("the victim's browser goes on in mallory's name: %d %s", p.Status, p.Body)
	}
	done := stopAt(t, victim, asked)
	if p := b.Get(done); p.Status != 422 {
		t.Errorf("another browser with the ticket: %d", p.Status)
	}
	own := stopAt(t, b, stopAt(t, b, "/login/certificate"))
	for _, status := range []int{200, 422} {
		if p := b.Get(own); p.Status != status {
			t.Errorf("a ticket works once: %d %s", p.Status, p.Body)
		}
	}
	if p := b.Get("/login/certificate/done?ticket=" + url.QueryEscape(strings.Repeat("A", 50))); p.Status != 422 {
		t.Errorf("a made-up ticket: %d", p.Status)
	}
}

// stopAt opens a page and returns where it redirects to.
func stopAt(t *testing.T, b *webtest.Browser, path string) string {
	t.Helper()
	follow := b.Client.CheckRedirect
	defer func() { b.Client.CheckRedirect = follow }()
	b.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	p := b.Get(path)
	if p.Status != http.StatusSeeOther {
		t.Fatalf("%s: %d %s", path, p.Status, p.Body)
	}
	return p.Header.Get("Location")
}
