package application

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"kabinet/internal/document"
	"kabinet/internal/eform"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
	"kabinet/internal/platform/web/webtest"
)

// site is the portal over HTTP; who is signed in is the account in the header.
type site struct {
	*world
	srv *httptest.Server
	mu  sync.Mutex
	acc string
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{world: newWorld(t)}
	rt := web.NewRouter(web.Config{Catalogue: s.Texts, Keys: s.Keys, Now: s.now, Location: s.Location, ErrorPage: ui.ErrorPage,
		Identify: func(http.ResponseWriter, *http.Request) (web.Identity, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return web.Identity{Account: s.acc, Session: "session-" + s.acc}, nil
		},
		Who: func(_ context.Context, _ string) (*web.Who, error) {
			return &web.Who{Name: "Соколова М.", Initials: "СМ", FirstName: "Марина", Level: "account.level_simplified"}, nil
		},
		SignIn:    func(w http.ResponseWriter, _ *http.Request) error { w.WriteHeader(http.StatusUnauthorized); return nil },
		RequestID: func(context.Context) string { return "r" }})
	s.Routes(rt)
	s.srv = httptest.NewServer(rt)
	t.Cleanup(s.srv.Close)
	return s
}

func (s *site) as(acc string) *webtest.Browser {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acc = acc
	return webtest.New(s.t, s.srv.URL)
}

func has(t *testing.T, p *webtest.Page, status int, texts ...string) {
	t.Helper()
	if p.Status != status {
		t.Errorf("%s: status %d, want %d: %s", p.URL, p.Status, status, p.Text("main"))
	}
	body := strings.ReplaceAll(p.Text("main"), "\u00a0", " ")
	for _, text := range texts {
		if !strings.Contains(body, text) {
			t.Errorf("%s: no %q in %s", p.URL, text, body)
		}
	}
}

// Proves: E-01, E-05, E-06, E-13, E-16, E-18, E-27, E-29, E-38
func TestTheWholeWayWithoutScript(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	acc := s.citizen(anna)
	b := s.as(acc)
	p := b.Get("/services/" + signed + "/apply")
	has(t, p, 200, "Причина", "Шаг 1 из 3")
	if n := s.count(`SELECT count(*) FROM eform_draft`); n != 0 {
		t.Errorf("%d drafts of a form that was only looked at", n)
	}
	p = p.Form("main form").Send("_do", "next")
	has(t, p, 422, "Исправьте 1 ошибку")
	p = p.Form("main form").Set("reason", "birth").Send("_do", "next")
	has(t, p, 200, "Ваши данные", "Шаг 2 из 3")
	p = p.Form("main form").Set("fio.last", "Соколова").Set("note", "Верхнереченск").Send("_do", "next")
	has(t, p, 422)
	if got := p.Form("main form").Value("note"); got != "Верхнереченск" {
		t.Errorf("what was typed is gone: %q", got)
	}
	p = p.Form("main form").Set("fio.first", "Марина").Send("_do", "back")
	has(t, p, 200, "Шаг 1 из 3")
	p = b.Get("/services/" + signed + "/apply")
	has(t, p, 200, "У вас есть черновик")
	p = b.Get("/applications")
	has(t, p, 200, "Черновики", "Пособие")
	p = p.Click("Пособие")
	has(t, p, 200, "Шаг 2 из 3")
	p = p.Form("main form").Send("_do", "next")
	has(t, p, 200, "Проверьте ответы перед отправкой", "Рождение ребёнка", "Соколова Марина", "ответим до 26 ноября")
	if p.Has("input[name=consent][checked]") {
		t.Error("consent is given beforehand")
	}
	check := p
	has(t, b.Get(strings.Replace(check.URL.Path, "/check", "/confirm", 1)), 200, "Проверьте ответы") // not without consent
	p = check.Form("main form").Send()
	has(t, p, 422, "Чтобы отправить заявление, подтвердите согласие")
	p = p.Form("main form").Set("consent", "on").Send()
	has(t, p, 200, "Подтвердите отправку", "•••")
	code := s.code(anna)
	p = p.Form("main form").Set("code", "000001").Send()
	has(t, p, 422, "Код не подошёл. Осталось 4 попытки.")
	confirm := p.Form("main form").Set("code", code)
	p = confirm.Send()
	has(t, p, 200, "Заявление отправлено", "Принято", "Соколова Марина", "Обещанный срок", "26 ноября 2026 г.")
	sent := p.URL.Path
	if again := confirm.Send(); again.URL.Path != sent {
		t.Errorf("sent again, the form led to %s", again.URL.Path)
	}
	if again := check.Form("main form").Set("consent", "on").Send(); again.URL.Path != sent {
		t.Errorf("the page before sending led to %s", again.URL.Path)
	}
	if n := s.count(`SELECT count(*) FROM application`); n != 1 {
		t.Errorf("%d applications", n)
	}
	p = b.Get("/applications")
	has(t, p, 200, "Отправленные", "Принято")
	if p.Has("#drafts") {
		t.Error("the draft is still there")
	}
	for _, file := range []string{"/receipt.pdf", "/journal.pdf"} {
		if p := b.Get(sent + file); p.Status != 200 || !bytes.HasPrefix(p.Body, []byte("%PDF")) {
			t.Errorf("%s: %d", file, p.Status)
		}
	}
	if p := s.as(s.citizen(boris)).Get(sent); p.Status != 404 || strings.Contains(string(p.Body), "Соколова Марина") {
		t.Errorf("another person got %d", p.Status)
	}
}

// Proves: E-32, E-33, E-27
func TestTheCitizenAnswersOnTheCardAndWithdraws(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	acc := s.citizen(anna)
	a := s.taken(acc, anna, signed)
	if _, err := s.AskFor(t.Context(), clerk, a.ID, Ask{What: "Пришлите справку", Until: s.today().Add(5), Files: true}); err != nil {
		t.Fatal(err)
	}
	b := s.as(acc)
	p := b.Get("/applications/" + a.ID)
	has(t, p, 200, "Что сделать сейчас", "Ответьте сотруднику до 24 ноября", "Пришлите справку", "Ефимова О. В.", "Отсчёт остановлен")
	p = p.Form("main form").Set("text", "Вот").Send()
	has(t, p, 422, "Приложите файл")
	p = p.Form("main form").Set("text", "Вот").Attach("file", "справка.txt", "text/plain", []byte("x")).Send()
	has(t, p, 422)
	p = p.Form("main form").Set("text", "Вот справка").Attach("file", "справка.pdf", "application/pdf", somePDF(t)).Send()
	has(t, p, 200, "В работе", "справка.pdf", "Вы ответили сотруднику: Вот справка")
	s.pass(30 * 24 * time.Hour)
	has(t, b.Get("/applications/"+a.ID), 200, "Срок прошёл", "Спросите в ведомстве")
	p = p.Click("Отозвать заявление")
	has(t, p, 200, "Отозвать заявление?")
	form := p.Form("main form")
	p = form.Send()
	has(t, p, 200, "Отозвано")
	if p = form.Send(); p.Status != http.StatusConflict {
		t.Errorf("withdrawn twice: %d", p.Status)
	}
}

// Proves: E-34, E-12
func TestAnswersAreCorrectedAndSentAnew(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	acc := s.citizen(anna)
	a := s.sent(acc, anna, signed)
	b := s.as(acc)
	p := b.Get("/applications/" + a.ID).Click("Исправить ответы")
	p = p.Form("main form").Send()
	has(t, p, 200, "Проверьте ответы", "Рождение ребёнка")
	s.is(a, Withdrawn)
	p = p.Click("Изменить")
	has(t, p, 200, "Причина")
	p = b.Get("/applications/" + a.ID).Form("main form").Send()
	has(t, p, 200, "Проверьте ответы")
}

// Proves: E-52, E-49
func TestTheCardLeadsToTheResult(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	acc := s.citizen(anna)
	a := s.sent(acc, anna, income)
	p := s.as(acc).Get("/applications/" + a.ID)
	has(t, p, 200, "Обычно отвечаем за несколько минут", "Обновить")
	s.drain()
	p = s.as(acc).Get("/applications/" + a.ID)
	has(t, p, 200, "Выполнено", "Справка о доходах", "Проверить подлинность")
	if !p.Has(`a[href^="/documents/"]`) || !p.Has(`a[href^="/verify/"]`) {
		t.Error("no way to the document")
	}
}

func TestAFormOfOneStepIsSentAtOnceAndOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	acc := s.citizen(anna)
	b := s.as(acc)
	p := b.Get("/services/" + direct + "/apply")
	has(t, p, 200, "Отправить заявление")
	csrf := p.Form("main form").Value("csrf")
	p = p.Form("main form").Send("_do", "next")
	has(t, p, 422)
	post := func(path string, values url.Values) *webtest.Page {
		values.Set("csrf", csrf)
		p, err := b.Try("POST", path, "application/x-www-form-urlencoded", strings.NewReader(values.Encode()))
		if err != nil {
			t.Error(err)
			return &webtest.Page{}
		}
		return p
	}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if p := post("/services/"+direct+"/apply", url.Values{"idem": {"0123456789abcdef"}, "name": {"Anna Petrova"}, "comment": {"x"}}); p.Status != 200 {
				t.Errorf("status %d", p.Status)
			}
		})
	}
	wg.Wait()
	if n := s.count(`SELECT count(*) FROM application`); n != 1 {
		t.Errorf("%d applications", n)
	}
	if n := s.count(`SELECT count(*) FROM eform_draft`); n != 0 {
		t.Errorf("%d drafts", n)
	}
	p = post("/services/"+direct+"/draft", url.Values{"name": {"Anna Petrova"}, "comment": {"y"}})
	has(t, p, 200, "Черновик сохранён")
	p = post("/services/"+direct+"/draft", url.Values{"name": {"Anna"}, "comment": {"z"}})
	if n := s.count(`SELECT count(*) FROM eform_draft`); n != 1 {
		t.Errorf("%d drafts", n)
	}
	p = p.Form("main form").Set("name", "Anna").Send("_do", "next")
	has(t, p, 200, "Заявление отправлено")
	if n := s.count(`SELECT count(*) FROM application`); n != 2 {
		t.Errorf("%d applications", n)
	}
}

func TestTwoTabsOfOneFormAreToldApart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	acc := s.citizen(anna)
	d, err := s.Forms.Start(t.Context(), person(acc, "s"), acc, eform.Beginning{Form: signed, Version: "1", Answers: answersFor(signed)})
	if err != nil {
		t.Fatal(err)
	}
	b := s.as(acc)
	one, two := b.Get(draftPath(d.ID, "person")), b.Get(draftPath(d.ID, "person"))
	looked := b.Get(draftPath(d.ID, "check"))
	has(t, one.Form("main form").Set("note", "Ёлкино").Send("_do", "next"), 200, "Ёлкино")
	p := two.Form("main form").Set("note", "Заречный").Send("_do", "next")
	has(t, p, 422, "Ёлкино")
	if got := p.Form("main form").Value("note"); got != "Заречный" {
		t.Errorf("what was typed here is gone: %q", got)
	}
	has(t, p.Form("main form").Send("_do", "next"), 200, "Заречный")
	p = looked.Form("main form").Set("consent", "on").Send()
	if p.Status != 422 || s.count(`SELECT count(*) FROM application`) != 0 {
		t.Errorf("other answers were sent than those looked over: %d", p.Status)
	}
}

func TestADraftIsDeletedAfterAQuestion(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	acc := s.citizen(anna)
	d, err := s.Forms.Start(t.Context(), person(acc, "s"), acc, eform.Beginning{Form: signed, Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	if p := s.as(s.citizen(boris)).Get(draftPath(d.ID, "check")); p.Status != 404 {
		t.Errorf("another person got %d", p.Status)
	}
	p := s.as(acc).Get(draftPath(d.ID, "delete"))
	has(t, p, 200, "Удалить черновик?")
	has(t, p.Form("main form").Send(), 200, "Заявок пока нет")
}

func TestPagesComeInEnglish(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	acc := s.citizen(anna)
	a := s.sent(acc, anna, signed)
	s.pass(time.Minute)
	b := s.as(acc)
	b.Lang = "en"
	for _, path := range []string{"/applications", "/applications/" + a.ID, "/applications/" + a.ID + "/withdraw", "/services/" + income + "/apply"} {
		p := b.Get(path)
		has(t, p, 200)
		if strings.ContainsAny(strings.ReplaceAll(strings.ReplaceAll(p.Text("main h1"), "№", ""), "₽", ""), "абвгдежзиклмнопрстуфхцчшщыэюя") {
			t.Errorf("%s: %s", path, p.Text("main h1"))
		}
	}
}

// Proves: E-08
func TestFilesComeWithTheFormOrByTheScript(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	acc := s.citizen(anna)
	b := s.as(acc)
	p := b.Get("/services/"+signed+"/apply").Form("main form").Set("reason", "move").Send("_do", "next")
	has(t, p, 422, "Справка")
	p = p.Form("main form").Attach("proof", "фото.txt", "text/plain", []byte("x")).Send("_do", "next")
	has(t, p, 422)
	form := p.Form("main form")
	page := form.Attach("proof", "справка.pdf", "application/pdf", somePDF(t)).Send("_do", "save")
	has(t, page, 200, "справка.pdf", "Черновик сохранён")
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	parts.WriteField("csrf", form.Value("csrf"))
	part, err := parts.CreateFormFile("proof", "другая.pdf")
	if err != nil {
		t.Fatal(err)
	}
	part.Write(somePDF(t))
	parts.Close()
	up, err := b.Try("POST", page.URL.Path+"/files", parts.FormDataContentType(), &body)
	if err != nil || up.Status != 200 || !strings.Contains(string(up.Body), "другая.pdf") {
		t.Fatalf("%d %s %v", up.Status, up.Body, err)
	}
	p = b.Get(page.URL.Path)
	has(t, p, 200, "другая.pdf") // the one file is replaced
	has(t, p.Form("main form").Send("_do", "next"), 200, "Ваши данные")
}

func TestAnAnswerThatIsTooLongComesBackWhole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	acc := s.citizen(anna)
	a := s.taken(acc, anna, direct)
	if _, err := s.AskFor(t.Context(), clerk, a.ID, Ask{What: "Что?", Until: s.today().Add(3)}); err != nil {
		t.Fatal(err)
	}
	b := s.as(acc)
	long := strings.Repeat("Ответ ", 2000) + "конец"
	form := b.Get("/applications/"+a.ID).Form(`form[action$="/answer"]`).Set("text", long)
	p := form.Attach("file", "a.pdf", "application/pdf", somePDF(t)).Send()
	has(t, p, 422, "конец")
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	wants(t, m.WriteField("csrf", form.Value("csrf")), nil)
	wants(t, m.WriteField("text", "Коротко"), nil)
	for range maxAnswerFiles + 1 {
		f, err := m.CreateFormFile("file", "a.pdf")
		wants(t, err, nil)
		_, err = f.Write(somePDF(t))
		wants(t, err, nil)
	}
	wants(t, m.Close(), nil)
	p, err := b.Try(http.MethodPost, "/applications/"+a.ID+"/answer", m.FormDataContentType(), &body)
	wants(t, err, nil)
	has(t, p, 422, "не больше", "Коротко")
	s.is(a, Clarify)
	if page, err := s.Documents.List(t.Context(), acc, document.Query{}); err != nil || len(page.Files) != 0 {
		t.Errorf("files of answers that were not taken stay: %d, %v", len(page.Files), err)
	}
}
