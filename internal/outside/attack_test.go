package outside

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/web/webtest"
	"kabinet/internal/sandbox"
)

// arrivals returns how many people came from a provider and were believed.
func (w *world) arrivals() int {
	w.t.Helper()
	n, err := sqldb.One(w.t.Context(), w.db, sqldb.Int, `SELECT count(id) FROM outside_arrival`)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// ASVS: V9.1.1, V9.1.2, V9.1.3, V9.2.1, V9.2.3, V10.5.1, V10.5.2, V10.5.4
func TestAnswersThatMustNotBeBelievedAreRefused(t *testing.T) {
	t.Parallel()
	for _, flaw := range []string{"issuer", "audience", "nonce", "alg", "key", "old_token", "subject"} {
		for _, provider := range []string{"bereg", "sber"} {
			t.Run(flaw+" of "+provider, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				b := w.browser()
				page := through(b, provider, 0, flaw)
				says(t, page, "не прошёл проверку")
				if page.Status != http.StatusUnprocessableEntity || w.accountOf(b) != "" || w.arrivals() != 0 {
					t.Errorf("status %d, signed in %q, %d arrivals", page.Status, w.accountOf(b), w.arrivals())
				}
			})
		}
	}
}

// held goes to a provider and is sent back, but does not follow.
func held(t *testing.T, b *webtest.Browser, provider string, i string) *url.URL {
	t.Helper()
	form := b.Get("/outside/to/"+provider).Form("main form").Set("person", i)
	follow := b.Client.CheckRedirect
	b.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	page := form.Send()
	b.Client.CheckRedirect = follow
	return mustURL(t, page.Header.Get("Location"))
}

// ASVS: V10.1.2, V10.2.1, V10.2.2
func TestAnAnswerServesOnceInTheBrowserThatAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.someone(0, account.Simplified, nil)
	linked := w.signedIn(0)
	through(linked, "bereg", 0, "ok").Form(`form[action$="/agree"]`).Set("agree", "on").Send().Form(`form[action$="/join"]`).Send()
	refused := func(what string, b *webtest.Browser, path string) {
		t.Helper()
		before := w.arrivals()
		page := b.Get(path)
		if page.Status < 400 || w.accountOf(b) != "" || w.arrivals() != before {
			t.Errorf("%s: status %d, signed in %q", what, page.Status, w.accountOf(b))
		}
		if !strings.Contains(page.Text("main"), "Войти другим способом") {
			t.Errorf("%s: the page leads nowhere: %s", what, page.Text("main"))
		}
	}
	with := func(u *url.URL, name, value string) string {
		q := u.Query()
		if q.Set(name, value); value == "" {
			q.Del(name)
		}
		return u.Path + "?" + q.Encode()
	}

	b := w.browser()
	back := held(t, b, "bereg", "1")
	refused("in another browser", w.browser(), back.RequestURI())
	refused("another state", b, with(back, "state", "71ebca0a-97ae-4d35-97d3-1b9c889e406d"))
	refused("no state", b, with(back, "state", ""))
	refused("at the address of another provider", b, strings.Replace(back.RequestURI(), "/back/bereg", "/back/sever", 1))

	b = w.browser()
	back = held(t, b, "bereg", "1")
	refused("in the name of another provider", b, with(back, "iss", w.at+"/oidc/sever"))
	b = w.browser()
	back = held(t, b, "bereg", "1")
	refused("in nobody's name", b, with(back, "iss", ""))
	b = w.browser()
	back = held(t, b, "bereg", "1")
	w.pass(11 * time.Minute)
	refused("too late", b, back.RequestURI())

	b, thief := w.browser(), w.browser()
	back = held(t, b, "bereg", "1")
	stolen := held(t, thief, "bereg", "2").Query().Get("code")
	refused("the code of another request", b, with(back, "code", stolen))

	b = w.browser()
	back = held(t, b, "bereg", "1")
	b.Get(back.RequestURI())
	if w.accountOf(b) == "" {
		t.Fatal("the right answer does not sign in")
	}
	again := w.browser()
	refused("a second time elsewhere", again, back.RequestURI())
	if page := b.Get(back.RequestURI()); page.Status != http.StatusNotFound {
		t.Errorf("a second time: %d", page.Status)
	}
}

func TestARedeemedCodeIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	says(t, through(b, "bereg", 0, "expired"), "Начните вход заново")
	if w.accountOf(b) != "" || w.arrivals() != 0 {
		t.Error("an expired code is believed")
	}
}

// ASVS: V16.5.2
func TestAProviderThatIsDownCostsOnlyWhoSignsInThroughIt(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{sandbox.ModeDown, sandbox.ModeBroken} {
		w := newWorld(t)
		if err := w.stand.SetFault(sandbox.PartnerBereg, mode); err != nil {
			t.Fatal(err)
		}
		b := w.browser()
		page := b.Get("/outside/to/bereg")
		says(t, page, "сейчас не отвечает")
		if page.Status != http.StatusServiceUnavailable {
			t.Errorf("%s: status %d", mode, page.Status)
		}
		says(t, b.Get("/login"), "Берег Банк")
		if page := through(b, "sever", 0, "ok"); page.Status != http.StatusOK {
			t.Errorf("%s: the other bank: %d", mode, page.Status)
		}
	}
}

func TestAnArrivalBelongsToItsBrowserAndEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	page := through(b, "bereg", 0, "ok")
	for what, other := range map[string]*webtest.Browser{"another browser": w.browser()} {
		if got := other.Get(page.URL.Path); got.Status != http.StatusNotFound {
			t.Errorf("%s: %d", what, got.Status)
		}
	}
	id := strings.TrimPrefix(page.URL.Path, "/outside/new/")
	c := w.client(b)
	_, err := w.Register(t.Context(), c, id, []string{account.ConsentData}, "ru")
	want(t, err, ErrAgree)
	_, err = w.Join(t.Context(), c, id, w.someone(1, account.Simplified, nil), "")
	want(t, err, ErrAgree)
	want(t, w.Phone(t.Context(), c, id, "+79000000079", "ru"), ErrAgree)
	w.pass(arrivalLife)
	if got := b.Get(page.URL.Path); got.Status != http.StatusNotFound {
		t.Errorf("after half an hour: %d", got.Status)
	}
	want(t, purge(t.Context(), w.db, w.now().Add(time.Minute)), nil)
	if n := w.arrivals(); n != 0 {
		t.Errorf("%d arrivals are kept", n)
	}
}

// Proves: A-46, S-03
func TestASecondDeviceConfirmsASignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.someone(0, account.Simplified, nil)
	linked := w.signedIn(0)
	through(linked, "sber", 0, "ok").Form(`form[action$="/agree"]`).Set("agree", "on").Send().Form(`form[action$="/join"]`).Send()

	scan := func(b *webtest.Browser) (*webtest.Page, string) {
		page := b.Get("/outside/scan/sber")
		says(t, page, "наведите камеру")
		return page, page.Text("code.key")
	}
	app := func(code, do string) {
		phone := webtest.New(t, w.at)
		page := phone.Get("/oidc/sber/app?code=" + code)
		if !strings.Contains(page.Text("main"), code) {
			t.Errorf("the app does not show the code: %s", page.Text("main"))
		}
		page.Form("main form").Send("do", do)
	}

	b := w.browser()
	page, code := scan(b)
	if image := b.Get(page.URL.Path + "/code.png"); image.Status != 200 || image.Header.Get("Content-Type") != "image/png" {
		t.Errorf("the picture: %d %s", image.Status, image.Header.Get("Content-Type"))
	}
	w.pass(3 * time.Second)
	if got := b.Get(page.URL.Path + "/state"); got.Status != http.StatusNoContent {
		t.Errorf("before it is confirmed: %d", got.Status)
	}
	if got := page.Form("main form").Send(); w.accountOf(b) != "" || got.URL.Path != page.URL.Path {
		t.Errorf("pressed too early: %s", got.URL)
	}
	if got := w.browser().Get(page.URL.Path); got.Status != http.StatusNotFound {
		t.Errorf("in another browser: %d", got.Status)
	}
	app(code, "confirm")
	w.pass(3 * time.Second)
	if got := b.Get(page.URL.Path + "/state"); got.Status != http.StatusOK {
		t.Errorf("after it is confirmed: %d", got.Status)
	}
	page.Form("main form").Send()
	if got := w.accountOf(b); got != owner {
		t.Errorf("%q is signed in, want %q", got, owner)
	}
	says(t, b.Get("/settings/signins"), "Вход по QR-коду")
	if got := page.Form("main form").Send(); got.Status != http.StatusConflict && got.Status != http.StatusNotFound {
		t.Errorf("a second time: %d %s", got.Status, got.Text("main"))
	}

	b = w.browser()
	page, code = scan(b)
	app(code, "refuse")
	w.pass(3 * time.Second)
	says(t, b.Get(page.URL.Path), "отменён")

	b = w.browser()
	page, _ = scan(b)
	w.pass(4 * time.Minute)
	says(t, b.Get(page.URL.Path), "Код устарел")

	b = w.browser() // somebody new goes on to the account
	page, code = scan(b)
	phone := webtest.New(t, w.at).Get("/oidc/sber/app?code=" + code)
	phone.Form("main form").Set("person", "5").Send("do", "confirm")
	w.pass(3 * time.Second)
	says(t, page.Form("main form").Send(), "Первый вход через «Сбер ID»")
}

// Proves: A-10, S-04
func TestTheBanksAppLeadsToALink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.someone(0, account.Simplified, nil)
	b := webtest.New(t, w.at)
	form := func() *webtest.Form { return b.Get("/oidc/bereg/services").Form("main form").Set("person", "1") }
	if page := form().Set("phone", sandbox.People[0].Phone).Send(); page.Status != 422 {
		t.Errorf("without the consent: %d", page.Status)
	}
	if page := form().Set("phone", "+79000000002").Set("agree", "on").Send(); page.Status != 422 {
		t.Errorf("another phone: %d", page.Status)
	}
	page := form().Set("phone", sandbox.People[0].Phone).Set("agree", "on").Send()
	if got := page.Form("main form").Value("person"); got != "1" {
		t.Errorf("the bank does not know who came: %s", got)
	}
	page = page.Form("main form").Send().Form(`form[action$="/agree"]`).Set("agree", "on").Send()
	page = page.Form(`form[action$="/phone"]`).Send() // it is filled in as the bank knows it
	page = page.Form(`form[action$="/code"]`).Set("code", w.code(sandbox.People[0].Phone)).Send()
	page = page.Form(`form[action$="/link"]`).Send()
	if page.URL.Path != "/settings/outside" {
		t.Errorf("it ends at %s", page.URL)
	}
	if list, err := w.Links(t.Context(), owner); err != nil || len(list) != 1 {
		t.Errorf("links %v, %v", list, err)
	}
}
