package audit_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kabinet/internal/audit"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/secret/secrettest"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
	"kabinet/internal/platform/web/webtest"
)

// open returns a browser of the account's session s1.
func open(t *testing.T, db *sqldb.DB, account string) *webtest.Browser {
	t.Helper()
	cat, err := i18n.NewCatalogue(audit.Texts, ui.Texts, fstest.MapFS{
		"text.ru.json": {Data: []byte(`{"test.looked": "Просмотрена заявка", "test.sent": "Отправлена заявка", "test.closed": "Срок ответа истёк", "test.ground": "рассмотрение заявки"}`)},
		"text.en.json": {Data: []byte(`{"test.looked": "Application was looked at", "test.sent": "Application was sent", "test.closed": "The time to answer is over", "test.ground": "work on the application"}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	rt := web.NewRouter(web.Config{Catalogue: cat, Keys: secrettest.New(t), Now: func() time.Time { return noon.Add(time.Hour) }, ErrorPage: ui.ErrorPage,
		Identify: func(http.ResponseWriter, *http.Request) (web.Identity, error) {
			return web.Identity{Account: account, Session: "s1"}, nil
		}})
	audit.New(audit.Options{DB: db, Texts: cat,
		Name: func(_ context.Context, a audit.Actor, agency string) string {
			return map[string]string{"clerk": "Петрова И. С., отдел паспортов"}[a.ID]
		},
		Link: func(object string) string { return map[string]string{"application/7": "/applications/7"}[object] },
	}).Routes(rt)
	srv := httptest.NewServer(rt)
	t.Cleanup(srv.Close)
	return webtest.New(t, srv.URL)
}

func words(p *webtest.Page, selector string) (all []string) {
	for _, n := range p.All(selector) {
		all = append(all, webtest.Text(n))
	}
	return all
}

// Proves
func TestPeopleSeeWhoDidWhatWithTheirDataAndWhen(t *testing.T) {
	t.Parallel()
	db := sqldbtest.New(t, audit.Schema())
	person := audit.Actor{Kind: audit.Person, ID: "anna", Session: "s1"}
	for i, e := range []audit.Entry{
		{Actor: person, Act: "test.sent", Object: "application/7"},
		{Actor: audit.Actor{Kind: audit.Person, ID: "anna", Session: "s2"}, Act: "test.sent"},
		{Actor: audit.Actor{Kind: audit.Staff, ID: "clerk"}, Act: "test.looked", Object: "application/7", Agency: "passport-office", Reason: "test.ground"},
		{Actor: audit.Actor{Kind: audit.Staff, ID: "unknown"}, Act: "test.looked", Reason: "code-17"},
		{Actor: audit.Portal(), Act: "test.closed"},
	} {
		e.Owner = "anna"
		record(t, db, noon.Add(time.Duration(i)*time.Minute), e)
	}
	record(t, db, noon, entry("boris", "test.sent"))
	b := open(t, db, "anna")
	p := b.Get("/activity")
	if diff := cmp.Diff([]string{"Срок ответа истёк", "Просмотрена заявка", "Просмотрена заявка", "Отправлена заявка", "Отправлена заявка"}, words(p, ".rows h3")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"сегодня, 12:04 · портал, автоматически", "сегодня, 12:03 · сотрудник ведомства", "сегодня, 12:02 · Петрова И. С., отдел паспортов",
		"сегодня, 12:01 · вы", "сегодня, 12:00 · вы, с этого устройства"}, words(p, ".rows .tiny")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Основание: рассмотрение заявки"}, words(p, ".rows p:not(.tiny)")); diff != "" {
		t.Error(diff)
	}
	if n := len(p.All(`.rows a[href="/applications/7"]`)); n != 2 {
		t.Errorf("%d lines lead to the application", n)
	}
	for chip, want := range map[string]int{"Мои действия": 2, "Действия сотрудников": 2, "Действия портала": 1} {
		if p := p.Click(chip); len(p.All(".rows li")) != want || p.Text(".ds-chip[aria-current]") != chip {
			t.Errorf("%s: %d lines", chip, len(p.All(".rows li")))
		}
	}
	b.Lang = "en"
	if p := b.Get("/activity?by=staff"); p.Text(".rows h3") != "Application was looked at" || p.Text("h1") != "Activity history" {
		t.Error(p.Text("main"))
	}
}

func TestTheHistoryOfActsIsShownInPartsAndNeverSomebodyElses(t *testing.T) {
	t.Parallel()
	db := sqldbtest.New(t, audit.Schema())
	for i := range 35 {
		record(t, db, noon.Add(time.Duration(i)*time.Second), entry("anna", fmt.Sprintf("test.act_%d", i)))
	}
	b := open(t, db, "anna")
	p := b.Get("/activity?by=person")
	first := len(p.All(".rows li"))
	p = p.Click("Показать более ранние")
	if second := len(p.All(".rows li")); first != 30 || second != 5 || p.URL.Query().Get("by") != "person" {
		t.Errorf("%d and %d lines", first, second)
	}
	if p = p.Click("К самым новым"); len(p.All(".rows li")) != 30 {
		t.Error("back")
	}
	boris := open(t, db, "boris")
	if p := boris.Get("/activity"); p.Has(".rows li") || p.Text(".empty h2") != "Здесь пока пусто" {
		t.Error("another person's lines are shown")
	}
	if p := boris.Get("/activity?by=staff"); p.Text(".empty h2") != "Сотрудники не смотрели ваши данные" {
		t.Error(p.Text(".empty"))
	}
	if p := open(t, db, "").Get("/activity"); p.Status != http.StatusUnauthorized {
		t.Errorf("nobody: %d", p.Status)
	}
}
