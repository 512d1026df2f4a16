package e2e

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"kabinet/internal/platform/web/webtest"
)

// place is a page with something real on it.
type place struct{ who, path string }

// Who sees a page.
const (
	anybody = "anybody"
	citizen = "citizen"
	clerk   = "clerk"
	ruler   = "administrator"
)

// world is a stand on which something has happened, and who is signed in there.
type world struct {
	*Stand
	who map[string]visitor
}

// rulerPhone is the sample administrator's.
const rulerPhone = "+79000000109"

// places lives through what the pages are about and lists every page.
func (w *world) places(t *testing.T) []place {
	c := newCitizen()
	v := newVisitor(t, w.Stand)
	v.Register(c)
	v.Profile(c)
	done := v.confirmed(v.incomeReady(), c)
	paper := v.Await(done, "Выполнено")
	code := href(paper, `a[href^="/verify/"]`)
	waiting := v.confirmed(v.subsidyReady(), c)
	draft := v.send(v.Get("/services/income-certificate/apply?new=1"), map[string]string{"year": "2025", "purpose": "bank"}, "_do", "next").URL.Path
	draft = strings.TrimSuffix(draft, "/person")
	upload := v.Get("/documents").Form(`form[enctype]`).Attach("file", "паспорт.png", "image/png", pngBytes(t)).Send()
	file := href(upload, `main a[href^="/documents/0"]`)
	notice := strings.TrimSuffix(href(v.Get("/notices"), `main a[href$="/open"]`), "/open")

	// The second person answers a question, the third one is refused.
	other := newCitizen()
	o := newVisitor(t, w.Stand)
	o.Register(other)
	o.Profile(other)
	asked := o.confirmed(o.subsidyReady(), other)
	third := newCitizen()
	r := newVisitor(t, w.Stand)
	r.Register(third)
	r.Profile(third)
	refused := r.confirmed(r.subsidyReady(), third)

	k := newVisitor(t, w.Stand)
	k.SignIn(clerkPhone, demoPassword)
	cases := func(application string) string {
		return strings.Replace(application, "/applications/", "/desk/cases/", 1)
	}
	decide := func(application, what, words string) {
		p := k.Get(cases(application))
		if p.Has(`button[value="take"]`) {
			p = p.Form(`main form:has(button[value="take"])`).Send("do", "take")
		}
		p = p.Form(`main form:has([name="note"])`).Set("do", what).Set("note", words).Send()
		if p.Status != http.StatusOK || p.Has(".ds-error-summary") {
			t.Fatalf("to %s %s: %d: %s", what, application, p.Status, p.Text("main"))
		}
	}
	decide(asked, "ask", "Пришлите квитанцию за октябрь.")
	decide(refused, "refuse", refusal)
	a := newVisitor(t, w.Stand)
	a.SignIn(rulerPhone, demoPassword)
	fresh := newVisitor(t, w.Stand)
	fresh.Register(newCitizen())
	checker := newVisitor(t, w.Stand)
	checker.SignIn(verifierPhone, demoPassword)
	w.who = map[string]visitor{"fresh": fresh, "verifier": checker, anybody: newVisitor(t, w.Stand), citizen: v, "asked": o, "refused": r, clerk: k, ruler: a}

	var all []place
	for who, paths := range map[string][]string{
		anybody: {"/", "/services", "/services?q=справка", "/services?q=абракадабра", "/services/income-certificate", "/services/housing-subsidy", "/help", "/contacts",
			"/login", "/login?by=snils", "/login/phone", "/login/signature", "/register", "/register/email", "/register/signature", "/recover", "/recover?by=passport", "/recovery", "/recovery/status", "/unlock", "/verify", code, "/verify/AAAA-BBBB-CCCC-DDDD", "/ui", "/no-such-page"},
		citizen: {"/", "/services/income-certificate", "/services/income-certificate/apply", "/services/income-certificate/apply?new=1",
			draft + "/request", draft + "/person", draft + "/check", draft + "/delete", "/applications", done, waiting, waiting + "/withdraw", waiting + "/correct",
			"/documents", file + "/edit", file + "/delete", "/notices", "/notices/history", notice, "/activity",
			"/profile", "/profile/identity/change/identity", "/profile/identity/change/passport", "/profile/identity/change/numbers", "/profile/home", "/profile/history", "/profile/personal", "/profile/policy", "/profile/licence",
			"/profile/identity", "/profile/identity/post", "/profile/delete/numbers", "/settings/privacy", "/settings/consents", "/consents/signature", "/consents/extra_data",
			"/settings", "/profile/start", "/settings/outside", "/settings/security", "/settings/signins", "/settings/password", "/settings/contacts", "/settings/second", "/settings/second/passkey", "/confirm", "/confirm?by=sms", "/settings/second/app", "/settings/second/backup", "/settings/second/sms",
			"/settings/data", "/settings/delete", "/settings/signatures", "/profile/identity/video", "/profile/identity/signature"},
		"asked": {asked, "/"},
		"fresh": {"/", "/profile", "/profile/name", "/profile/passport", "/profile/numbers", "/profile/identity", "/profile/identity/online", "/profile/start",
			"/settings/second", "/settings/email", "/settings/devices/trust", "/settings/remote", "/settings/data", "/settings/delete", "/settings/contacts"},
		"verifier": {"/desk/proofing", "/desk/people", "/desk/recovery", "/desk/video"},
		"refused":  {refused},
		clerk:      {"/desk/queue", "/desk/queue?view=mine", "/desk/queue?view=closed", cases(asked), cases(waiting), cases(refused)},
		ruler:      w.desk(a),
	} {
		for _, path := range paths {
			all = append(all, place{who, path})
		}
	}
	return all
}

// desk are the pages that the administrator's own menu leads to.
func (w *world) desk(a visitor) (paths []string) {
	p := a.Get("/desk")
	if p.Status != http.StatusOK {
		p = a.Get("/")
	}
	seen := map[string]bool{}
	for _, link := range p.All(`a[href^="/desk"]`) {
		if at := webtest.Attr(link, "href"); !seen[at] {
			seen[at] = true
			paths = append(paths, at)
		}
	}
	return paths
}

func href(p *webtest.Page, selector string) string {
	for _, a := range p.All(selector) {
		return webtest.Attr(a, "href")
	}
	return "/none-of-" + selector
}

// be makes the tab's cookies a visitor's.
func (p *Page) be(v visitor) {
	p.t.Helper()
	call(p, network.ClearBrowserCookies, cdp.Empty{})
	for _, c := range v.Client.Jar.Cookies(v.Get("/healthz").URL) {
		call(p, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: p.base + "/"})
	}
}

func TestEveryPageIsFineInEveryMode(t *testing.T) {
	t.Parallel()
	if os.Getenv("KABINET_TEST_PG") != "" {
		t.Skip("the pages are the same on every database")
	}
	w := &world{Stand: start(t)}
	all := w.places(t)
	for _, view := range []View{{}, {Width: Phone, Lang: "en"}} {
		t.Run(view.String(), func(t *testing.T) {
			t.Parallel()
			p := open(t, w.URL, view)
			was := ""
			for _, at := range all {
				if at.who != was {
					p.be(w.who[at.who])
					was = at.who
				}
				p.Open(at.path)
				if at.path != "/no-such-page" && at.path != "/verify/AAAA-BBBB-CCCC-DDDD" && p.status() != http.StatusOK {
					t.Errorf("%s for %s: %d: %s", at.path, at.who, p.status(), p.Text("main"))
					continue
				}
				p.Steady()
				p.firstView()
				if view.Width == 0 {
					p.EveryMode()
				} else {
					p.Axe()
					p.NoSidewaysScroll()
					p.lowVision()
				}
			}
		})
	}
}

// lowVision looks at the colours of the page in its version for people with low
// vision.
func (p *Page) lowVision() {
	p.t.Helper()
	call(p, network.SetCookie, network.SetCookieParams{Name: "view", Value: "1.2.auto", URL: p.base + "/"})
	p.do(chromedp.Reload())
	if p.Count("[data-vision]") == 0 {
		p.t.Errorf("%s has no version for low vision", p.address())
	}
	p.Colours()
	call(p, network.DeleteCookies, network.DeleteCookiesParams{Name: "view", URL: p.base + "/"})
}

// status is the one the page came with.
func (p *Page) status() int {
	p.t.Helper()
	return eval[int](p, `performance.getEntriesByType('navigation')[0].responseStatus`)
}

// firstView fails for a page whose own HTML is heavier than a first view allows.
func (p *Page) firstView() {
	p.t.Helper()
	if html := eval[int](p, `performance.getEntriesByType('navigation')[0].encodedBodySize`); html > 16<<10 {
		p.t.Errorf("%s (%s): the HTML alone weighs %d KiB", p.address(), p.view, html>>10)
	}
}
