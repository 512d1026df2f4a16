package eform

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/secret/secrettest"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
	"kabinet/internal/platform/web/webtest"
)

// site is a portal of nothing but one draft.
type site struct {
	bench
	*webtest.Browser
	draft string
	facts Facts
	url   string
}

func newSite(t *testing.T, form *Compiled) *site {
	t.Helper()
	cat, err := i18n.NewCatalogue(ui.Texts, Texts, os.DirFS("../document"))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{bench: newBench(t), facts: Facts{}}
	s.form = form
	s.draft = s.start(t, alice).ID
	rt := web.NewRouter(web.Config{Catalogue: cat, Keys: secrettest.New(t), Now: func() time.Time { return *s.now }, ErrorPage: ui.ErrorPage,
		Identify: func(http.ResponseWriter, *http.Request) (web.Identity, error) {
			return web.Identity{Account: alice}, nil
		}})
	rt.Handle("GET /draft/{step}", s.show)
	rt.Handle("POST /draft/{step}", s.post, web.MaxBody(MaxPost))
	rt.Handle("GET /static/{name}", func(w http.ResponseWriter, r *http.Request) error { ui.Static().ServeHTTP(w, r); return nil })
	srv := httptest.NewServer(rt)
	t.Cleanup(srv.Close)
	s.Browser, s.url = webtest.New(t, srv.URL), srv.URL
	return s
}

func (s *site) env() Env { return Env{Today: day, Facts: s.facts} }

func (s *site) show(w http.ResponseWriter, r *http.Request) error {
	d, err := s.Draft(r.Context(), alice, s.draft)
	if err != nil {
		return err
	}
	return s.draw(w, r, http.StatusOK, Turn{Draft: d, State: s.form.State(d.Answers, s.env())})
}

func (s *site) post(w http.ResponseWriter, r *http.Request) error {
	d, err := s.Draft(r.Context(), alice, s.draft)
	if err != nil {
		return err
	}
	t, err := s.Take(r, d, r.PathValue("step"), s.form, s.env())
	switch {
	case err != nil:
		return err
	case r.Header.Get("X-Autosave") != "":
		io.WriteString(w, Saved(r.Context(), t.Draft).In(r.Context()))
		return nil
	case t.Do == "check":
		return web.WriteFragment(w, r, http.StatusOK, StepFields(s.view(r, t)))
	case t.Go != "":
		return web.SeeOther(w, r, "/draft/"+t.Go)
	}
	return s.draw(w, r, http.StatusUnprocessableEntity, t)
}

func (s *site) view(r *http.Request, t Turn) View {
	return View{State: t.State, Step: r.PathValue("step"), Rev: t.Draft.Rev, Tab: t.Tab, Problems: t.Problems, New: t.New, Profile: "/profile", Recheck: r.URL.Path}
}

func (s *site) draw(w http.ResponseWriter, r *http.Request, status int, t Turn) error {
	v := s.view(r, t)
	title := i18n.K("eform.known")
	if step := t.State.Step(v.Step); step != nil {
		title = step.Title.Text()
	}
	return web.Write(w, r, status, templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		form := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			for _, c := range []templ.Component{ui.ErrorSummary(ErrorFields(t.Problems)...), StepFields(v),
				ui.Button(ui.Action{Text: i18n.K("ui.next"), Name: "_do", Value: "next"}), ui.Button(ui.Action{Text: i18n.K("ui.save"), Name: "_do", Value: "save", Variant: ui.Secondary}), ui.SavedNote(Saved(ctx, t.Draft))} {
				if err := c.Render(ctx, w); err != nil {
					return err
				}
			}
			return nil
		})
		body := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			if err := ui.PageHead(title, i18n.Text{}).Render(ctx, w); err != nil {
				return err
			}
			return ui.FormWith(ui.FormOptions{ID: "step", Upload: t.State.HasFiles(v.Step), Autosave: r.URL.Path}).Render(templ.WithChildren(ctx, form), w)
		})
		return ui.Page(ui.Head{Title: title, Wrong: len(t.Problems) > 0}).Render(templ.WithChildren(ctx, body), w)
	}))
}

func texts(p *webtest.Page, selector string) (all []string) {
	for _, n := range p.All(selector) {
		all = append(all, strings.ReplaceAll(webtest.Text(n), "\u00a0", " "))
	}
	return all
}

// Proves: E-05, E-06, D-14
func TestAPersonFillsInAFormWithoutScript(t *testing.T) {
	t.Parallel()
	s := newSite(t, passport(t))
	s.facts = Facts{"person.fio.last": "Соколова", "person.fio.first": "Марина", "person.birth_date": "1991-03-14", "person.phone": "+79000001234"}

	p := s.Get("/draft/reason")
	if p.Has("[name=renamed]") || p.Has(".ds-error-summary") {
		t.Error("a question is asked before its time, or something is blamed at once")
	}
	p = p.Form("#step").Send("_do", "next")
	if p.Status != http.StatusUnprocessableEntity || p.Text(".ds-error-summary a[href='#reason']") == "" || !strings.HasPrefix(p.Text("title"), "Ошибка") {
		t.Errorf("an empty step gives %d:\n%s", p.Status, p.Text("main"))
	}

	// An answer brings up another question: it is asked and not blamed.
	p = p.Form("#step").Set("reason", "age").Send("_do", "next")
	if p.Status != http.StatusUnprocessableEntity || p.Has(".ds-error-summary") || !p.Has("[name=renamed]") || !strings.Contains(p.Text(".ds-alert"), "новые вопросы") {
		t.Errorf("a question brought up gives %d:\n%s", p.Status, p.Text("main"))
	}
	p = p.Form("#step").Set("renamed", "yes").Send("_do", "next")
	p = p.Form("#step").Attach("certificate", "справка.txt", "text/plain", []byte("x")).Send("_do", "next")
	if got := p.Text(".ds-validation-message"); !strings.Contains(got, "PDF, JPG, PNG") {
		t.Errorf("a file of another kind is answered with %q", got)
	}
	p = p.Form("#step").Attach("certificate", "справка.png", "image/png", png).Send("_do", "save")
	if !strings.Contains(p.Text(".files"), "справка.png") || p.URL.Path != "/draft/reason" {
		t.Errorf("%s shows %q", p.URL, p.Text("main"))
	}
	p = p.Form("#step").Send("_do", "next")
	if p.URL.Path != "/draft/person" {
		t.Fatalf("%s: %s", p.URL, p.Text("main"))
	}

	// What is known stands as text; what may be changed stands in its field.
	if known := p.Text(".kv"); !strings.Contains(known, "Соколова Марина") || !strings.Contains(known, "14.03.1991") || p.Has("[name='fio.last']") {
		t.Errorf("known: %q", known)
	}
	if got := p.Form("#step").Value("phone"); got != "+7 900 000-12-34" || !p.Has("label[for=phone] .mark") {
		t.Errorf("the phone stands as %q", got)
	}
	form := p.Form("#step").Set("phone", "12").Set("birthplace", "гор. Верхнереченск")
	p = form.Send("_do", "add:children")
	row := strings.TrimSuffix(webtest.Attr(p.All("[name^='children.'][name$='.birth']")[0], "name"), ".birth")
	if p.Form("#step").Value("phone") != "12" || p.Form("#step").Value("birthplace") != "гор. Верхнереченск" {
		t.Error("adding a row loses what was typed")
	}
	p = p.Form("#step").Set(row+".birth", "01.05.2000").Set(row+".name.last", "Соколов").Set(row+".name.first", "Пётр").Send("_do", "next")
	want := []string{"Укажите номер телефона с кодом, например +7 900 000-12-34", "Ребёнок 1: Укажите ребёнка младше 18 лет"}
	if diff := cmp.Diff(want, texts(p, ".ds-error-summary li")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, a := range p.All(".ds-error-summary a") {
		if id := strings.TrimPrefix(webtest.Attr(a, "href"), "#"); len(p.All("[id='"+id+"']")) != 1 {
			t.Errorf("the summary leads to #%s, which is not there once", id)
		}
	}
	if got := p.Form("#step").Value(row + ".birth"); got != "01.05.2000" {
		t.Errorf("the wrong date stands as %q", got)
	}
	p = p.Form("#step").Set(row+".birth", "01.05.2025").Set("phone", "8 900 000 12 34").Send("_do", "copy:"+row)
	if rows := p.All("fieldset.entry"); len(rows) != 2 {
		t.Fatalf("copying gives %d rows", len(rows))
	}
	p = p.Form("#step").Send("_do", "remove:"+row)
	if !strings.Contains(p.Text("main"), "Детей младше трёх лет 1") || !strings.Contains(p.Text(".ds-alert"), "доплата") {
		t.Errorf("what is calculated is not shown:\n%s", p.Text("main"))
	}
	p = p.Form("#step").Send("_do", "next")
	if p.URL.Path != "/draft/consent" {
		t.Fatalf("%s: %s", p.URL, p.Text("main"))
	}
	p = p.Form("#step").Set("agree", "on").Send("_do", "next")
	if p.URL.Path != "/draft/"+Review {
		t.Fatalf("%s: %s", p.URL, p.Text("main"))
	}
	d, _ := s.Draft(t.Context(), alice, s.draft)
	if final, problems := s.form.State(d.Answers, s.env()).Final(); problems != nil || final["phone"] != "+79000001234" || final["fio.last"] != "Соколова" || final["agree"] != "yes" {
		t.Errorf("%v %v", final, said(t, problems))
	}
}

func TestAnAgreementMustBeTicked(t *testing.T) {
	t.Parallel()
	s := newSite(t, passport(t))
	p := s.Get("/draft/consent").Form("#step").Send("_do", "next")
	if got := texts(p, ".ds-error-summary li"); len(got) != 1 || got[0] != "Поставьте отметку: «Данные верны»" {
		t.Errorf("%d: %q", p.Status, got)
	}
	if p.Has("#agree[checked]") {
		t.Error("the box is ticked for the person")
	}
	// Ticked, saved and unticked again: browsers send nothing then.
	p = p.Form("#step").Set("agree", "on").Send("_do", "save")
	form := p.Form("#step")
	if form.Value("agree") != "on" {
		t.Error("the tick is lost")
	}
	body := "csrf=" + form.Value("csrf") + "&_tab=x&_rev=99&_drawn=agree&_do=next"
	p, err := s.Try(http.MethodPost, "/draft/consent", "application/x-www-form-urlencoded", strings.NewReader(body))
	if err != nil || p.Status != http.StatusUnprocessableEntity {
		t.Errorf("unticked it gives %d, %v", p.Status, err)
	}
}

// The script's own save may arrive after the form came back with mistakes.
func TestWhatAWindowSavedLateByItselfIsNoConflict(t *testing.T) {
	t.Parallel()
	s := newSite(t, passport(t))
	first := s.Get("/draft/person").Form("#step")
	again := first.Set("birthplace", "").Set("phone", "1").Send("_do", "next").Form("#step")
	if again.Value("_tab") != first.Value("_tab") {
		t.Fatalf("the window is %q, then %q", first.Value("_tab"), again.Value("_tab"))
	}
	first.Set("birthplace", "дер. Бел").Send("_do", "save") // late
	p := again.Set("birthplace", "дер. Белая").Set("phone", "+7 900 000-12-34").Send("_do", "save")
	if got := p.Text(".ds-error-summary"); strings.Contains(got, "дер. Бел") {
		t.Errorf("its own save is called somebody else's: %s", got)
	}
}

func TestTwoTabsAreShownBothAnswers(t *testing.T) {
	t.Parallel()
	s := newSite(t, passport(t))
	a, b := s.Get("/draft/person").Form("#step"), s.Get("/draft/person").Form("#step")
	a.Set("birthplace", "дер. Белая").Send("_do", "save")
	p := b.Set("birthplace", "гор. Чёрный").Set("phone", "1").Send("_do", "save")
	if got := p.Text(".ds-error-summary"); p.Status != http.StatusUnprocessableEntity || !strings.Contains(got, "дер. Белая") || p.Form("#step").Value("birthplace") != "гор. Чёрный" {
		t.Fatalf("%d: %s", p.Status, p.Text("main"))
	}
	if p = p.Form("#step").Send("_do", "save"); p.Status != http.StatusOK || p.Form("#step").Value("birthplace") != "гор. Чёрный" {
		t.Errorf("sent again it gives %d: %s", p.Status, p.Text("main"))
	}
}

// Proves: E-07
func TestTheScriptGetsTheFieldsAnewWithWhatIsWrongInThoseLeft(t *testing.T) {
	t.Parallel()
	s := newSite(t, passport(t))
	form := s.Get("/draft/person").Form("#step")
	body := "csrf=" + form.Value("csrf") + "&_tab=x&_rev=1&_drawn=phone+birthplace&_left=phone&_do=check&phone=12&birthplace="
	p, err := s.Try(http.MethodPost, "/draft/person", "application/x-www-form-urlencoded", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Укажите номер телефона с кодом, например +7 900 000-12-34"}, texts(p, ".ds-validation-message")); diff != "" || p.Has("header") || p.Status != http.StatusOK {
		t.Errorf("%d: %s", p.Status, diff)
	}
	if d, _ := s.Draft(t.Context(), alice, s.draft); d.Answers["phone"] != "12" || d.Step != "" {
		t.Errorf("it saves %v and goes to %q", d.Answers, d.Step)
	}
	r, _ := http.NewRequest(http.MethodPost, s.url+"/draft/person", strings.NewReader("csrf="+form.Value("csrf")+"&_tab=x&_rev=9&phone=13"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Autosave", "1")
	res, err := s.Client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if text, _ := io.ReadAll(res.Body); !strings.HasPrefix(string(text), "Черновик сохранён в") {
		t.Errorf("saving while typing answers %q", text)
	}
}

func TestEveryKindIsDrawnInBothLanguages(t *testing.T) {
	t.Parallel()
	file := oneStep(everyKind)
	s := newSite(t, compile(t, file))
	for _, lang := range []string{"ru", "en"} {
		s.Lang = lang
		p := s.Get("/draft/only")
		if p.Status != http.StatusOK {
			t.Fatal(p.Text("main"))
		}
		for _, n := range p.All("main input:not([type=hidden]), main select, main textarea") {
			id := webtest.Attr(n, "id")
			if id == "" || len(p.All("[id='"+id+"']")) != 1 || len(p.All("label[for='"+id+"']")) != 1 {
				t.Errorf("%s: the input %s %q has no label of its own", lang, n.Data, id)
			}
		}
		if text := p.Text("main"); strings.Contains(text, "eform.") || strings.Contains(text, "{") {
			t.Errorf("%s: a text is missing: %s", lang, text)
		}
		wrong := p.Form("#step").Send("_do", "next")
		for _, a := range wrong.All(".ds-error-summary a") {
			if id := strings.TrimPrefix(webtest.Attr(a, "href"), "#"); len(wrong.All("[id='"+id+"']")) != 1 {
				t.Errorf("%s: the summary leads to #%s, which is not there once", lang, id)
			}
		}
		if text := wrong.Text(".ds-error-summary"); strings.Contains(text, "eform.") || strings.Contains(text, "{") {
			t.Errorf("%s: a text is missing: %s", lang, text)
		}
	}
}

const everyKind = `
  - {id: a1, kind: text, label: {ru: Строка, en: Line}, hint: {ru: Подсказка, en: Hint}, required: false}
  - {id: a2, kind: textarea, label: {ru: Текст, en: Text}}
  - {id: a3, kind: number, label: {ru: Число, en: Number}}
  - {id: a4, kind: integer, label: {ru: Целое, en: Whole}, width: m}
  - {id: a5, kind: money, label: {ru: Доход в месяц, en: Monthly income}}
  - {id: a6, kind: date, label: {ru: Дата рождения, en: Date of birth}}
  - {id: a7, kind: period, label: {ru: Период, en: Period}}
  - {id: a8, kind: year, label: {ru: Год, en: Year}}
  - {id: b1, kind: choice, label: {ru: Выбор, en: Choice}, options: [{value: a, label: {ru: А, en: A}, hint: {ru: Первая, en: First}}, {value: b, label: {ru: Б, en: B}}]}
  - {id: b2, kind: select, label: {ru: Список, en: List}, options: [{value: a, label: {ru: А, en: A}}, {value: b, label: {ru: Б, en: B}}]}
  - {id: b3, kind: multichoice, label: {ru: Отметки, en: Ticks}, options: [{value: a, label: {ru: А, en: A}}, {value: b, label: {ru: Б, en: B}}]}
  - {id: b4, kind: yesno, label: {ru: Да или нет, en: Yes or no}}
  - {id: b5, kind: checkbox, label: {ru: Данные верны, en: Data are right}}
  - {id: c1, kind: file, label: {ru: Справка, en: Certificate}, most: 3}
  - {id: c2, kind: fio, label: {ru: Представитель, en: Representative}}
  - {id: c3, kind: phone, label: {ru: Телефон, en: Phone}}
  - {id: c4, kind: email, label: {ru: Почта, en: E-mail}}
  - {id: c5, kind: snils, label: {ru: СНИЛС, en: SNILS}}
  - {id: c6, kind: inn, label: {ru: ИНН, en: INN}}
  - {id: c7, kind: ogrn, label: {ru: ОГРН, en: OGRN}}
  - {id: c8, kind: oms, label: {ru: Полис, en: Policy}}
  - {id: d1, kind: plate, label: {ru: Номер автомобиля, en: Plate}}
  - {id: d2, kind: vin, label: {ru: VIN, en: VIN}}
  - {id: d3, kind: vehicle_document, label: {ru: СТС, en: Registration}}
  - {id: d4, kind: birth_certificate, label: {ru: Свидетельство о рождении, en: Birth certificate}}
  - {id: d5, kind: foreign_passport, label: {ru: Загранпаспорт, en: Passport for abroad}}
  - {id: d6, kind: passport, label: {ru: Паспорт, en: Passport}}
  - {id: d7, kind: address, label: {ru: Адрес, en: Address}}
  - {id: d8, kind: bank, label: {ru: Счёт, en: Account}}
  - {id: e1, kind: info, text: {ru: Важно знать, en: Good to know}}
  - id: e2
    kind: group
    label: {ru: Дети, en: Children}
    hint: {ru: Все до 18 лет, en: All under 18}
    row: {ru: Ребёнок, en: Child}
    add: {ru: Добавить ребёнка, en: Add a child}
    fields: [{id: n, kind: fio, label: {ru: Имя ребёнка, en: Name}}, {id: b, kind: date, label: {ru: Дата рождения, en: Born}}]
  - {id: e3, kind: calculated, label: {ru: Всего детей, en: Children in all}, value: e2.size(), as: integer}
`

// One page of 100 fields and 100 rules: what is asked, what is wrong, drawn.
// Goal: at most 2 ms.
func BenchmarkPageOfHundredFieldsAndRules(b *testing.B) {
	c := compile(b, hundred(100))
	a := Answers{}
	for i := range 100 {
		a["f"+strconv.Itoa(i)] = "ответ на вопрос"
	}
	ctx := speaking(b, i18n.RU)
	b.ReportAllocs()
	for b.Loop() {
		s := c.State(a, Env{Today: day})
		v := View{State: s, Step: "s0", Rev: 7, Problems: s.Check("s0"), Recheck: "/x"}
		if err := StepFields(v).Render(ctx, io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
