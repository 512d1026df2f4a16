package proofing

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/platform/sqldb/sqldbtest"
	"kabinet/internal/platform/web/webtest"
	"kabinet/internal/sandbox"
)

// says reports whether the page holds the words.
func says(p *webtest.Page, words string) bool {
	return strings.Contains(strings.ReplaceAll(p.Text("main"), "\u00a0", " "), words)
}

// online sends the form of the online check.
func online(b *webtest.Browser, change map[string]string) *webtest.Page {
	p := sandbox.People[0]
	f := b.Get(onlinePath + "?back=/services/income-certificate").Form("main form[method=post]")
	for name, v := range map[string]string{"surname": p.Surname, "name": p.Name, "patronymic": p.Patronymic, "birth_date": "14.03.1991", "passport_series": "00 00",
		"passport_number": "123456", "issued_on": "20.03.2011", "issued_by": p.IssuedBy, "division": "990-001", "snils": "999-000-001 15"} {
		f.Set(name, v)
	}
	for name, v := range change {
		f.Set(name, v)
	}
	return f.Send()
}

// Proves, B-26
func TestAPersonIsCheckedOnline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen("+79000001234")
	b := w.browser(a, false)
	page := b.Get(Path + "?back=/services/income-certificate")
	if !page.Has("a[href='"+onlinePath+"?back=%2Fservices%2Fincome-certificate']") || !says(page, "станет стандартной") || !says(page, "Что открывает каждый уровень") {
		t.Fatalf("the page: %s", page.Text("main"))
	}
	page = online(b, map[string]string{"birth_date": "31.02.1991", "snils": "999-000-001 16", "issued_by": "", "inn": "000000122391"})
	for _, field := range []string{"birth_date", "snils", "issued_by", "inn"} {
		if page.Status != http.StatusUnprocessableEntity || !page.Has("[name="+field+"][aria-invalid]") {
			t.Errorf("%s is not named as wrong: %d", field, page.Status)
		}
	}
	if page.Form("main form[method=post]").Value("birth_date") != "31.02.1991" || page.Form("main form[method=post]").Value("back") != "/services/income-certificate" {
		t.Error("what was typed is lost")
	}
	page = online(b, map[string]string{"surname": "Иванова"})
	if page.Status != http.StatusOK || !says(page, "Проверяется") || !page.Has("[data-follow]") {
		t.Fatalf("while the registers are asked: %d %s", page.Status, page.Text("main"))
	}
	w.drain()
	page = b.Get(page.URL.Path)
	if !says(page, "Не подтверждено") || !says(page, "не совпадает поле «Фамилия»") || page.Has("[data-follow]") {
		t.Fatalf("after a mismatch: %s", page.Text("main"))
	}
	page = online(b, map[string]string{"surname": "Соколова"})
	if page.Has(".ds-error-summary") {
		t.Fatalf("the second try: %s", page.Text(".ds-error-summary"))
	}
	w.drain()
	page = b.Get(page.URL.Path)
	if !says(page, "Подтверждено") || !page.Has("a[href='/services/income-certificate']") {
		t.Fatalf("after the match: %s", page.Text("main"))
	}
	if page = b.Get(Path); !says(page, "Стандартная") || !says(page, "Данные проверены реестрами") || page.Has("a[href='"+onlinePath+"']") {
		t.Errorf("then: %s", page.Text("main"))
	}
	if page = b.Get(onlinePath); page.Status != http.StatusConflict {
		t.Errorf("the form again: %d", page.Status)
	}
}

func TestARequestIsSeenByItsOwnerOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, other := w.citizen("+79000001234"), w.citizen("+79000000002")
	r := w.submitted(a, sample(0))
	if page := w.browser(other, false).Get(requestPath(r.ID)); page.Status != http.StatusNotFound {
		t.Errorf("somebody else's request: %d", page.Status)
	}
	for _, path := range []string{deskPath, searchPath, casePath(r.ID)} {
		if page := w.browser(other, false).Get(path); page.Status != http.StatusNotFound {
			t.Errorf("%s for a citizen: %d", path, page.Status)
		}
	}
}

// Proves: A-64
func TestPapersAreSentAndAVerifierDecidesOnThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, v := w.citizen("+79000001234"), w.verifier("+79000000105")
	w.set(sandbox.State{Person: "1", Passport: sandbox.StateMissing})
	b, desk := w.browser(a, false), w.browser(v.Account, true)
	at := online(b, nil).URL.Path
	w.drain()
	form := func() *webtest.Form { return b.Get(at).Form("main form[action$='/papers']") }
	if page := form().Send(); page.Status != http.StatusUnprocessableEntity || !says(page, "Приложите хотя бы один файл") {
		t.Errorf("without a file: %d %s", page.Status, page.Text("main"))
	}
	if page := form().Attach("file", "скан.pdf", "application/pdf", []byte("MZ it is no PDF")).Send(); page.Status != http.StatusUnprocessableEntity || !page.Has("[name=file][aria-invalid]") {
		t.Errorf("a program called a PDF: %d %s", page.Status, page.Text("main"))
	}
	if list, err := w.Documents.Latest(t.Context(), a, 10); err != nil || len(list) != 0 {
		t.Errorf("kept of what was refused: %v %v", list, err)
	}
	if page := form().Set("comment", "Разворот с фото").Attach("file", "паспорт.png", "image/png", picture(t)).Send(); !says(page, "Ожидает проверки") {
		t.Fatalf("after sending: %d %s", page.Status, page.Text("main"))
	}
	queue := desk.Get(deskPath)
	page := queue.Click("Соколова")
	if !says(page, "Разворот с фото") || !says(page, "не найдено") || !says(page, "999-000-001 15") {
		t.Fatalf("the case: %s", page.Text("main"))
	}
	if file := desk.Get(webtest.Attr(page.All("main a[href*='/files/']")[0], "href")); file.Header.Get("Content-Type") != "image/png" {
		t.Errorf("the file: %d %s", file.Status, file.Header.Get("Content-Type"))
	}
	decide := func() *webtest.Form { return desk.Get(page.URL.Path).Form("main form[method=post]") }
	if wrong := decide().Set("do", doRefuse).Send(); wrong.Status != http.StatusUnprocessableEntity || !wrong.Has("[name=reason][aria-invalid]") {
		t.Errorf("a refusal without a reason: %d", wrong.Status)
	}
	late := decide().Set("do", doApprove)
	if done := decide().Set("do", doRefuse).Set("reason", "unreadable").Set("words", "Снимите ближе").Send(); !says(done, "Отказ отправлен") || !says(done, "Никто не ждёт") {
		t.Errorf("after the decision: %s", done.Text("main"))
	}
	if again := late.Send(); again.Status != http.StatusConflict || !says(again, "уже решён") {
		t.Errorf("a second decision: %d %s", again.Status, again.Text("main"))
	}
	if page := b.Get(at); !says(page, "Отказано") || !says(page, "не читаются") || !says(page, "Снимите ближе") {
		t.Errorf("the person reads: %s", page.Text("main"))
	}
	if closed := desk.Get(deskPath + "?view=closed"); !says(closed, "Соколова") {
		t.Errorf("decided ones: %s", closed.Text("main"))
	}
}

func TestTheSearchPageTakesExactIdentifiersOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, v := w.citizen("+79000001234"), w.verifier("+79000000105")
	w.submitted(a, sample(0))
	b := w.browser(v.Account, true)
	find := func(kind account.Kind, value, cause string) *webtest.Page {
		return b.Get(searchPath).Form("main form[method=post]").Set("kind", string(kind)).Set("value", value).Set("cause", cause).Send()
	}
	if p := find(account.SNILS, "999-000-001", "asked"); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("a part of a number: %d", p.Status)
	}
	if p := find(account.SNILS, "999-000-001 15", ""); p.Status != http.StatusUnprocessableEntity || !p.Has("[name=cause][aria-invalid]") {
		t.Errorf("without a reason: %d", p.Status)
	}
	if p := find(account.SNILS, "999-000-001 15", "asked"); !says(p, "Соколова Марина Андреевна") || says(p, "9000001234") {
		t.Errorf("found: %s", p.Text("main"))
	}
	if p := find(account.Email, "nobody@example.test", "asked"); !says(p, "никого нет") {
		t.Errorf("nobody: %s", p.Text("main"))
	}
}

func TestTheLetterIsOrderedAndEnteredOnThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen("+79000001234")
	b := w.browser(a, false)
	if p := b.Get(postPath); !says(p, "нужна стандартная") {
		t.Errorf("too low: %s", p.Text("main"))
	}
	w.submitted(a, sample(0))
	page := b.Get(postPath).Form("main form[method=post]").Send()
	if !says(page, "Ваше письмо") || !says(page, sandbox.People[0].Address) {
		t.Fatalf("ordered: %s", page.Text("main"))
	}
	w.drain()
	if p := b.Get(postPath).Form("main form[action$='/code']").Set("code", "AAAA-AAAA").Send(); p.Status != http.StatusUnprocessableEntity || !says(p, "Осталось 4 попытки") {
		t.Errorf("a wrong code: %d %s", p.Status, p.Text("main"))
	}
	_, rest, _ := strings.Cut(w.box.Letters()[0].Text, "Код: ")
	if p := b.Get(postPath).Form("main form[action$='/code']").Set("code", rest[:9]).Send(); p.URL.Path != Path || !says(p, "Личность подтверждена") {
		t.Errorf("the right code: %s %s", p.URL.Path, p.Text("main"))
	}
}

func TestPagesComeInEnglish(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(w.citizen("+79000001234"), false)
	b.Lang = "en"
	if p := b.Get(Path); !says(p, "Proof of identity") || !says(p, "Check my data online") {
		t.Errorf("%s", p.Text("main"))
	}
	if p := b.Get(onlinePath); !says(p, "You can try three times an hour") {
		t.Errorf("%s", p.Text("main"))
	}
}

func TestQueriesOfTheQueueUseItsIndexes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, f := range []Filter{{Limit: 1}, {Kind: Online, Limit: 1}, {Closed: true, Limit: 1}, {Limit: 1, after: cursor{at: noon.Add(time.Hour), id: "a"}}} {
		query, args := queueQuery(f)
		sqldbtest.NoFullScan(t, w.DB, query, args...)
	}
}
