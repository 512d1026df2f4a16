package application

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kabinet/internal/audit"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/secret/secrettest"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
	"kabinet/internal/platform/web/webtest"
	"kabinet/internal/staff"
)

// Phones of those who work at the desk.
const olga, pavel, nina = "+79000000021", "+79000000022", "+79000000023"

// office is a portal with its desk, walked through over HTTP.
type office struct {
	*world
	members *staff.Service
	url     string
}

func newOffice(t *testing.T) *office {
	t.Helper()
	w := newWorld(t)
	o := &office{world: w, members: staff.New(staff.Options{DB: w.DB, Keys: w.Keys, Now: w.now, Accounts: w.Accounts})}
	router := web.NewRouter(web.Config{Catalogue: w.Texts, Keys: secrettest.New(t), Now: w.now, Location: w.Location, ErrorPage: ui.ErrorPage,
		Identify: func(_ http.ResponseWriter, r *http.Request) (web.Identity, error) {
			c, err := r.Cookie("who")
			if err != nil {
				return web.Identity{}, nil
			}
			acc, err := w.Accounts.Account(r.Context(), c.Value)
			return web.Identity{Account: acc.ID, Session: "session of " + acc.ID, Staff: acc.Staff}, err
		},
		Who: func(context.Context, string) (*web.Who, error) {
			return &web.Who{Name: "Ефимова О. В.", Initials: "ОЕ"}, nil
		},
		SignIn: func(w http.ResponseWriter, _ *http.Request) error {
			w.WriteHeader(http.StatusUnauthorized)
			return nil
		},
	})
	w.DeskRoutes(router, o.members)
	audit.New(audit.Options{DB: w.DB, Texts: w.Texts}).Routes(router)
	srv := httptest.NewServer(router)
	t.Cleanup(srv.Close)
	o.url = srv.URL
	return o
}

// as returns the browser of an account.
func (o *office) as(acc string) *webtest.Browser {
	o.t.Helper()
	b := webtest.New(o.t, o.url)
	b.Client.Jar.SetCookies(b.Get("/").URL, []*http.Cookie{{Name: "who", Value: acc}})
	return b
}

// clerk appoints somebody to an agency and returns the account and its browser.
func (o *office) clerk(phone, agency, name string) (string, *webtest.Browser) {
	o.t.Helper()
	acc := o.citizen(phone)
	err := o.members.Appoint(o.t.Context(), audit.Portal(), staff.Member{Account: acc, Agency: agency, Name: name, Roles: []staff.Role{staff.Clerk}})
	if err != nil {
		o.t.Fatal(err)
	}
	return acc, o.as(acc)
}

// waiting is an application that stands in the queue.
func (o *office) waiting(acc, phone, code string) Application {
	o.t.Helper()
	a := o.sent(acc, phone, code)
	o.drain()
	return a
}

func casePath(a Application) string { return casesPath + a.ID }

const decisionForm = `form:has(textarea[name="note"])`

// plain is a text with ordinary spaces.
func plain(s string) string { return strings.ReplaceAll(s, "\u00a0", " ") }

// says fails the test unless an element holds the words.
func (o *office) says(p *webtest.Page, selector, words string) {
	o.t.Helper()
	if got := plain(p.Text(selector)); !strings.Contains(got, words) {
		o.t.Errorf("%s: %s says %q, want %q", p.URL.Path, selector, got, words)
	}
}

// Proves: O-07, E-33
func TestAClerkTakesACaseAsksAndApproves(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	citizen := o.citizen(anna)
	a := o.waiting(citizen, anna, signed)
	_, b := o.clerk(olga, "social", "Ефимова О. В.")

	queue := b.Get(queuePath)
	o.says(queue, "tbody th", a.Number)
	o.says(queue, "tbody tr", "Соколова Марина Андреевна")
	o.says(queue, "tbody .sla", "5 дней до 26.11.2026")
	o.says(queue, ".ds-chip[aria-current]", "Общая очередь 1")

	page := queue.Click(a.Number)
	o.says(page, "h1", "Соколова Марина Андреевна — Пособие")
	o.says(page, ".case", "Рождение ребёнка")
	if page.Has(decisionForm) {
		t.Error("a case that nobody has can be decided")
	}
	page = page.Form(`form:has(button[value="take"])`).Send()
	o.says(page, ".ds-alert[data-color=success]", "Заявка у вас")
	if _, err := o.Correct(t.Context(), citizen, "s", a.ID); !errors.Is(err, ErrMoved) {
		t.Errorf("once it is taken, the citizen's correction gives %v", err)
	}

	page = page.Form(decisionForm).Set("do", doAsk).Set("until", "26.11.2026").Set("files", "on").Set("note", "Пришлите справку").Send()
	o.says(page, ".page-head", "Требуется уточнение")
	o.says(page, ".page-head", "Ждём ответ, срок стоит")
	o.drain()
	if asked := o.is(a, Clarify).Ask; asked == nil || asked.What != "Пришлите справку" || !asked.Files || asked.Until.String() != "2026-11-26" {
		t.Errorf("asked for %+v", asked)
	}
	o.says(b.Get(queuePath+"?view=waiting"), "tbody th", a.Number)

	file, err := o.Documents.Upload(t.Context(), citizen, "Справка.pdf", bytes.NewReader(somePDF(t)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Answer(t.Context(), Answer{Account: citizen, Session: "s", Application: a.ID, Text: "Вот она", Files: []string{file.ID}}); err != nil {
		t.Fatal(err)
	}
	page = b.Get(casePath(a))
	o.says(page, ".timeline", "Заявитель ответил Вот она")
	opened := page.Click("Справка")
	if opened.Header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(opened.Header.Get("Content-Disposition"), "inline") ||
		opened.Header.Get("X-Content-Type-Options") != "nosniff" || !bytes.HasPrefix(opened.Body, []byte("%PDF")) {
		t.Errorf("the file came as %v", opened.Header)
	}

	page = page.Form(decisionForm).Set("do", doApprove).Set("note", "Пособие назначено").Send()
	o.says(page, ".page-head", "Одобрено")
	o.drain()
	o.is(a, Done)
	page = b.Get(casePath(a))
	o.says(page, ".timeline", "Пособие назначено")
	paper := page.All(`.files a`)
	if len(paper) != 2 {
		t.Fatalf("%d files are shown, want the citizen's and the result", len(paper))
	}
	if result := b.Get(webtest.Attr(paper[1], "href")); !bytes.HasPrefix(result.Body, []byte("%PDF")) {
		t.Error("the result does not open")
	}
	o.says(b.Get(queuePath+"?view=closed"), "tbody th", a.Number)
}

func TestARefusalNeedsAReasonThatTheCitizenReads(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	citizen := o.citizen(anna)
	a := o.waiting(citizen, anna, direct)
	_, b := o.clerk(olga, "social", "Ефимова О. В.")
	page := b.Get(queuePath).Form(`form:has(button[value="next"])`).Send("do", "next")
	if page.URL.Path != casePath(a) {
		t.Fatalf("the next case is %s", page.URL)
	}
	page = page.Form(decisionForm).Set("do", doRefuse).Send()
	if page.Status != http.StatusUnprocessableEntity {
		t.Errorf("a refusal without reason is answered %d", page.Status)
	}
	o.says(page, ".ds-error-summary", "Напишите заявителю")
	o.says(page, "#note-error", "Напишите заявителю")
	o.is(a, Working)

	page = page.Form(decisionForm).Set("note", "Доход выше нормы").Send()
	o.says(page, ".page-head", "Отклонено")
	card, err := o.Card(t.Context(), citizen, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	last := card.Events[len(card.Events)-1]
	if card.Reason != "Доход выше нормы" || last.Comment != card.Reason || last.Who != "Ефимова О. В." {
		t.Errorf("the citizen reads %q, %+v", card.Reason, last)
	}
}

func TestADecisionWithMistakesKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a := o.waiting(o.citizen(anna), anna, direct)
	_, b := o.clerk(olga, "social", "Ефимова О. В.")
	page := b.Get(casePath(a)).Form(`form:has(button[value="take"])`).Send()
	if got := page.Form(decisionForm).Value("until"); got != "26.11.2026" {
		t.Errorf("proposes to wait until %q", got)
	}
	for _, wrong := range []string{"", "19.11.2026", "31.02.2027", "завтра"} {
		page = page.Form(decisionForm).Set("do", doAsk).Set("until", wrong).Set("files", "on").Set("note", "Пришлите фото").Send()
		if page.Status != http.StatusUnprocessableEntity {
			t.Errorf("the day %q is answered %d", wrong, page.Status)
		}
		o.says(page, "#until-error", "Укажите день не раньше завтрашнего")
		o.says(page, "title", "Ошибка")
		f := page.Form(decisionForm)
		typed := []string{f.Value("do"), f.Value("until"), f.Value("files"), f.Value("note")}
		if diff := cmp.Diff([]string{doAsk, wrong, "on", "Пришлите фото"}, typed); diff != "" {
			t.Error(diff)
		}
	}
	page = page.Form(decisionForm).Set("do", "else").Send()
	o.says(page, ".ds-error-summary", "Выберите решение")
	o.is(a, Working)
}

func TestOfTwoClerksTheSecondIsToldThatTheCaseIsTaken(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a := o.waiting(o.citizen(anna), anna, direct)
	_, first := o.clerk(olga, "social", "Ефимова О. В.")
	_, second := o.clerk(pavel, "social", "Громов П. С.")
	late := second.Get(casePath(a)).Form(`form:has(button[value="take"])`)
	mine := first.Get(casePath(a)).Form(`form:has(button[value="take"])`).Send()
	page := late.Send()
	if page.Status != http.StatusConflict {
		t.Errorf("answered %d", page.Status)
	}
	o.says(page, ".ds-alert", "уже взял другой сотрудник")
	o.says(page, ".case", "Заявку рассматривает Ефимова О. В.")
	if page.Has("textarea") {
		t.Error("who does not have the case can decide it")
	}

	// The first puts it back, the second takes it: what the first typed meanwhile is not lost.
	decision := mine.Form(decisionForm).Set("do", doRefuse).Set("note", "Доход выше нормы")
	mine.Form(`form:has(button[value="release"])`).Send()
	second.Get(casePath(a)).Form(`form:has(button[value="take"])`).Send()
	page = decision.Send()
	o.says(page, ".ds-alert", "Заявка не у вас")
	o.says(page, ".ds-alert", "Вы написали: «Доход выше нормы»")
	o.is(a, Working)
}

func TestAClerkIsToldThatTheCitizenWithdrew(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	citizen := o.citizen(anna)
	a := o.waiting(citizen, anna, direct)
	_, b := o.clerk(olga, "social", "Ефимова О. В.")
	decision := b.Get(casePath(a)).Form(`form:has(button[value="take"])`).Send().Form(decisionForm).Set("do", doApprove)
	if _, err := o.Withdraw(t.Context(), citizen, "s", a.ID); err != nil {
		t.Fatal(err)
	}
	page := decision.Send()
	if page.Status != http.StatusConflict {
		t.Errorf("answered %d", page.Status)
	}
	o.says(page, ".ds-alert", "Заявитель отозвал заявление")
	o.says(page, ".page-head", "Отозвано")
}

func TestOnlyClerksOfTheAgencySeeItsCases(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	citizen := o.citizen(anna)
	a := o.waiting(citizen, anna, direct)
	_, stranger := o.clerk(nina, "city", "Белова Н. Р.")
	if p := stranger.Get(casePath(a)); p.Status != http.StatusNotFound || strings.Contains(string(p.Body), "Анна") {
		t.Errorf("a clerk of another agency gets %d", p.Status)
	}
	if p := stranger.Get(queuePath + "?q=" + a.Number); p.Has("tbody tr") {
		t.Error("a clerk of another agency finds the case by its number")
	}
	for _, path := range []string{queuePath, casePath(a)} {
		if p := o.as(citizen).Get(path); p.Status != http.StatusNotFound {
			t.Errorf("the citizen gets %d for %s", p.Status, path)
		}
		if p := webtest.New(t, o.url).Get(path); p.Status != http.StatusUnauthorized {
			t.Errorf("a passer-by gets %d for %s", p.Status, path)
		}
	}
}

// Proves: R-06
func TestTheCitizenSeesWhoOfTheAgencyLooked(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	citizen := o.citizen(anna)
	a := o.waiting(citizen, anna, direct)
	acc, b := o.clerk(olga, "social", "Ефимова О. В.")
	b.Get(casePath(a))
	o.says(o.as(citizen).Get("/activity?by=staff"), ".rows", "Сотрудник открыл заявление")

	lines, err := audit.List(t.Context(), o.DB, audit.Query{Owner: citizen, By: audit.Staff, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != 1 {
		t.Fatalf("%d lines, want one look", len(lines))
	}
	l := lines[0]
	if l.Act != "application.event_looked" || l.Actor.ID != acc || l.Object != object(a.ID) || l.Agency != "social" || l.SessionHash == nil || !l.At.Equal(o.now()) {
		t.Errorf("%+v", l)
	}
}

func TestTheQueueIsSearchedFilteredAndTakenFrom(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first, second := o.citizen(anna), o.citizen(boris)
	a, c := o.waiting(first, anna, signed), o.waiting(second, boris, direct)
	_, b := o.clerk(olga, "social", "Ефимова О. В.")
	_, other := o.clerk(pavel, "social", "Громов П. С.")
	found := func(p *webtest.Page) (numbers []string) {
		for _, n := range p.All("tbody th a") {
			numbers = append(numbers, webtest.Text(n))
		}
		slices.Sort(numbers)
		return numbers
	}
	search := func(q string) []string {
		return found(b.Get(queuePath).Form(`form[method="get"]`).Set("q", q).Send())
	}
	for _, q := range []string{a.Number, "№ " + strings.ReplaceAll(a.Number, "-", " "), "соколова"} {
		if diff := cmp.Diff([]string{a.Number}, search(q)); diff != "" {
			t.Errorf("%s: %s", q, diff)
		}
	}
	none := b.Get(queuePath + "?q=Соко")
	o.says(none, ".empty", "Ничего не нашлось")
	if diff := cmp.Diff([]string{c.Number}, found(b.Get(queuePath).Form(`form[method="get"]`).Set("service", direct).Send())); diff != "" {
		t.Error(diff)
	}
	o.says(b.Get(queuePath+"?view=mine"), ".empty", "Здесь пусто")

	// Both are ticked, but somebody is quicker with one of them.
	tick := b.Get(queuePath).Form("form:has(table)").Set("case", a.ID)
	other.Get(casePath(a)).Form(`form:has(button[value="take"])`).Send()
	page := tick.Send("do", "take")
	o.says(page, ".ds-alert[data-color=warning]", "Заявка № "+a.Number+": Эту заявку уже взял другой сотрудник")
	page = b.Get(queuePath).Form("form:has(table)").Set("case", c.ID).Send("do", "take")
	o.says(page, ".ds-alert[data-color=success]", "Заявка № "+c.Number+" у вас")
	o.drain()
	o.is(c, Working)
	mine := b.Get(queuePath + "?view=mine")
	o.says(mine, "tbody tr", "Вы")
	if diff := cmp.Diff([]string{c.Number}, found(mine)); diff != "" {
		t.Error(diff)
	}
	page = b.Get(queuePath).Form(`form:has(button[value="next"])`).Send("do", "next")
	o.says(page, ".ds-alert", "Свободных заявок нет")
}

func TestALongQueueIsReadPageByPage(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.clerk(olga, "social", "Ефимова О. В.")
	due := o.today().Add(3)
	for i := range queuePageSize + 2 {
		err := o.store.putCase(t.Context(), o.DB, Case{Agency: "social", ID: id.New(), Account: "a", Number: fmt.Sprintf("2026-000-000-%03d", i), Service: direct,
			Status: Accepted, Seq: 1, SentAt: o.now(), ChangeAt: o.now(), Due: due.Add(i), Applicant: "Соколова Марина"})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, b := o.clerk(pavel, "social", "Громов П. С.")
	page := b.Get(queuePath)
	if n := len(page.All("tbody tr")); n != queuePageSize {
		t.Errorf("the first page has %d cases", n)
	}
	o.says(page, ".ds-chip[aria-current]", "22")
	page = page.Click("Далее")
	if n := len(page.All("tbody tr")); n != 2 {
		t.Errorf("the second page has %d cases", n)
	}
	if n := len(page.Click("К началу").All("tbody tr")); n != queuePageSize {
		t.Errorf("back at the beginning are %d cases", n)
	}
}

func TestTheTermOfACaseSaysHowPressingItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	today := w.today() // a Thursday
	for _, test := range []struct {
		c      Case
		pauses bool
		text   string
		tone   ui.Tone
	}{
		{Case{Status: Working, Due: today.Add(-1)}, false, "Просрочена", ui.Danger},
		{Case{Status: Working, Due: today}, false, "Срок сегодня", ui.Danger},
		{Case{Status: Working, Due: today.Add(4)}, false, "Осталось 2 рабочих дня", ui.Warning},
		{Case{Status: Working, Due: today.Add(7)}, false, "Осталось 5 рабочих дней", ui.Neutral},
		{Case{Status: Clarify, Due: today.Add(7)}, true, "Ждём ответ, срок стоит", ui.Warning},
		{Case{Status: Clarify, Due: today.Add(-1)}, false, "Просрочена", ui.Danger},
		{Case{Status: Accepted}, false, "Без срока", ui.Neutral},
		{Case{Status: Done, Due: today}, false, "", ""},
	} {
		tag := w.termTag(test.c, test.pauses, false)
		if got := plain(tag.Text.In(w.Texts.With(t.Context(), i18n.RU, w.Location, w.now()))); got != test.text || tag.Tone != test.tone {
			t.Errorf("%+v: %q %q", test.c, got, tag.Tone)
		}
	}
}
