package notify_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kabinet/internal/notify"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
	"kabinet/internal/platform/web/webtest"
)

// as returns a browser in which the account is signed in; "" is nobody.
func (e *env) as(account string) *webtest.Browser {
	e.t.Helper()
	rt := web.NewRouter(web.Config{Catalogue: e.cat, Keys: e.keys, Now: e.clock, ErrorPage: ui.ErrorPage,
		Identify: func(http.ResponseWriter, *http.Request) (web.Identity, error) {
			return web.Identity{Account: account, Session: account}, nil
		},
		Who: func(ctx context.Context, account string) (*web.Who, error) {
			n, err := e.Unread(ctx, account)
			return &web.Who{Name: "Соколова М. А.", Initials: "МС", Unread: n}, err
		},
	})
	e.Routes(rt)
	rt.Handle("GET /applications/7", func(w http.ResponseWriter, _ *http.Request) error {
		_, err := w.Write([]byte("<h1>Заявка</h1>"))
		return err
	})
	srv := httptest.NewServer(rt)
	e.t.Cleanup(srv.Close)
	return webtest.New(e.t, srv.URL)
}

func words(p *webtest.Page, selector string) (all []string) {
	for _, n := range p.All(selector) {
		all = append(all, webtest.Text(n))
	}
	return all
}

// three sends one notice today, one yesterday and one three weeks ago.
func (e *env) three() {
	e.t.Helper()
	end := e.clock()
	for _, n := range []struct {
		days         int
		number, what string
		level        notify.Level
	}{{21, "1", notify.TopicLaw, notify.Info}, {1, "2", notify.TopicSecurity, notify.Info}, {0, "3", notify.TopicApplication, notify.Warning}} {
		e.forward(end.AddDate(0, 0, -n.days).Sub(e.clock()))
		x := notice(anna, n.number)
		x.Args[1], x.Topic, x.Level, x.SMS = n.number, n.what, n.level, true
		if n.days > 0 {
			x.ServiceTitle = i18n.Words{}
		}
		e.send(x)
	}
}

// Proves: K-01, K-03, E-35
func TestTheFeedShowsNoticesByDayWithTimeTextAndALinkToTheThing(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	e.three()
	b := e.as(anna)
	p := b.Get("/notices")
	if diff := cmp.Diff([]string{"Сегодня", "Вчера", "31 октября"}, words(p, "main h2")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Непрочитанное. Заявка 3 принята", "Непрочитанное. Заявка 2 принята", "Непрочитанное. Заявка 1 принята"}, words(p, ".rows h3")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"12:00 · Загранпаспорт", "12:00 · Безопасность", "12:00 · Изменения в законах"}, words(p, ".rows .tiny")); diff != "" {
		t.Error(diff)
	}
	if got := p.Text(".rows p"); got != "Ответим до 3 декабря, пошлина 3 042,50 ₽. Это 2 раз" {
		t.Error(got)
	}
	if got := webtest.Text(p.All(`header a[href="/notices"]`)[0]); got != "3 новых Уведомления" {
		t.Errorf("bell says %q", got)
	}
	opened := p.Click("Заявка 3")
	if opened.URL.Path != "/applications/7" {
		t.Errorf("the notice led to %s", opened.URL)
	}
	if p = b.Get("/notices"); len(p.All(".rows [data-unread]")) != 2 || e.unread(anna) != 2 {
		t.Error("the opened notice is still unread")
	}
	b.Lang = "en"
	if p := b.Get("/notices"); p.Text("main h2") != "Today" || p.Text(".rows h3") != "Application 3 was taken" {
		t.Errorf("in English: %q, %q", p.Text("main h2"), p.Text(".rows h3"))
	}
}

// Proves: K-04, K-05
func TestNoticesAreMarkedDeletedAndBroughtBackOnThePage(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	e.three()
	b := e.as(anna)
	p := b.Get("/notices?show=unread").Form(`.rows form[action*="/read"]`).Send()
	if p.Status != http.StatusOK || p.URL.RequestURI() != "/notices?show=unread" || len(p.All(".rows li")) != 2 {
		t.Fatalf("%d %s: %d rows", p.Status, p.URL, len(p.All(".rows li")))
	}
	p = b.Get("/notices").Form(`.rows form[action*="/unread"]`).Send()
	if e.unread(anna) != 3 {
		t.Errorf("%d unread", e.unread(anna))
	}
	p = p.Form(`.rows form[action*="/delete"]`).Send()
	if len(p.All(".rows li")) != 2 || p.Text(`[role=status] p`) != "Уведомление удалено." {
		t.Errorf("after deleting: %d rows, %q", len(p.All(".rows li")), p.Text("[role=status]"))
	}
	p = p.Form(`form[action*="/restore"]`).Send()
	if len(p.All(".rows li")) != 3 || p.Has(`form[action*="/restore"]`) {
		t.Error("it was not brought back")
	}
	p = p.Form(`form[action$="/read-all"]`).Send()
	if e.unread(anna) != 0 || p.Has(".rows [data-unread]") || p.Has(`form[action$="/read-all"]`) {
		t.Error("not all are read")
	}
}

// Proves: K-06
func TestTheFeedIsNarrowedDown(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	e.three()
	b := e.as(anna)
	p := b.Get("/notices")
	if diff := cmp.Diff([]string{"Все", "Непрочитанные 3", "За последние 7 дней"}, words(p, ".ds-chip")); diff != "" {
		t.Error(diff)
	}
	if p := p.Click("За последние 7 дней"); len(p.All(".rows li")) != 2 || p.Text(`.ds-chip[aria-current]`) != "За последние 7 дней" {
		t.Error("the last 7 days")
	}
	p = p.Form(`form:has(select)`).Set("topic", "security").Send()
	if diff := cmp.Diff([]string{"Непрочитанное. Заявка 2 принята"}, words(p, ".rows h3")); diff != "" {
		t.Error(diff)
	}
	if p = p.Click("За последние 7 дней"); p.URL.Query().Get("topic") != "security" {
		t.Error("the chips forgot the type")
	}
	p = b.Get("/notices?topic=payment")
	if p.Text(".empty h2") != "Таких уведомлений нет" || p.Click("Показать все").URL.RequestURI() != "/notices" {
		t.Error("nothing found")
	}
}

func TestALongFeedIsShownInParts(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	for i := range 25 {
		n := notice(anna, string(rune('a'+i)))
		e.send(n)
		e.forward(time.Second)
	}
	b := e.as(anna)
	p := b.Get("/notices")
	if len(p.All(".rows li")) != 20 {
		t.Fatal("not 20")
	}
	p = p.Click("Показать более ранние")
	if len(p.All(".rows li")) != 5 || p.Has(`form[action*="read-all"]`) {
		t.Error("the second part")
	}
	if p = p.Click("К самым новым"); len(p.All(".rows li")) != 20 {
		t.Error("back")
	}
}

func TestAnEmptyFeedSaysWhatWillBeHere(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	b := e.as(anna)
	if p := b.Get("/notices"); p.Text(".empty h2") != "Здесь пока пусто" || !p.Has(`.empty a[href="/services"]`) {
		t.Error(p.Text("main"))
	}
	if p := b.Get("/notices/history"); p.Text(".empty h2") != "Здесь пока пусто" {
		t.Error(p.Text("main"))
	}
}

func TestPagesOfNoticesAreForTheirOwnerAlone(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	e.send(notice(anna, "a"))
	id := e.feed(anna, notify.Filter{})[0].ID
	b := e.as(boris)
	for _, path := range []string{"/notices/" + id, "/notices/" + id + "/open", "/notices/nonsense"} {
		if p := b.Get(path); p.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, p.Status)
		}
	}
	e.send(notice(boris, "b"))
	form := url.Values{"csrf": {b.Get("/notices").Form(".rows form").Value("csrf")}, "newest": {id}}.Encode()
	for _, act := range []string{id + "/read", id + "/unread", id + "/delete", id + "/restore", "read-all"} {
		p, err := b.Try(http.MethodPost, "/notices/"+act, "application/x-www-form-urlencoded", strings.NewReader(form))
		if err != nil || p.Status != http.StatusNotFound {
			t.Errorf("%s: %+v, %v", act, p, err)
		}
	}
	if e.unread(anna) != 1 || e.unread(boris) != 1 {
		t.Error("something changed")
	}
	for _, path := range []string{"/notices", "/notices/history", "/notices/" + id, "/events"} {
		if p := e.as("").Get(path); p.Status != http.StatusUnauthorized {
			t.Errorf("nobody at %s: %d", path, p.Status)
		}
	}
}

func TestLookingAheadDoesNotMarkANoticeAsRead(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	n := notice(anna, "a")
	n.Link = ""
	e.send(n)
	id := e.feed(anna, notify.Filter{})[0].ID
	b := e.as(anna)
	if p, err := b.Try(http.MethodHead, "/notices/"+id+"/open", "", nil); err != nil || e.unread(anna) != 1 {
		t.Errorf("%v, %v", p, err)
	}
	p := b.Get("/notices/" + id + "/open")
	if p.URL.Path != "/notices/"+id || e.unread(anna) != 0 || p.Text("h1") != "Заявка 2026-001245 принята" || p.Has(`main a[href=""]`) {
		t.Errorf("a notice about nothing in particular leads to %s: %q", p.URL, p.Text("h1"))
	}
}

// Proves: K-08
func TestTheHistoryShowsWhereEachMessageWent(t *testing.T) {
	t.Parallel()
	e := newTest(t)
	n := notice(anna, "a")
	n.SMS = true
	e.send(n)
	e.drain()
	p := e.as(anna).Get("/notices").Click("История сообщений")
	want := "В кабинете: сегодня, 12:00. Письмо на a•••@example.test: отправлено сегодня, 12:00. SMS на +7 900 •••-12-34: отправлено сегодня, 12:00."
	if got := p.Text(".rows p"); got != want {
		t.Error(got)
	}
	if p.Text(".rows .status") != "Отправлено" || p.Text(".rows h3") != "Заявка 2026-001245 принята" {
		t.Error(p.Text(".rows"))
	}
}
