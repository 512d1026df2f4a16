package catalogue_test

import (
	"context"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"kabinet/internal/catalogue"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/sqldb/sqldbtest"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web/webtest"
)

// startPage is the public start page as far as the catalogue draws it.
func startPage(v catalogue.Start) templ.Component {
	parts := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if err := catalogue.StartHero(v).Render(ctx, w); err != nil {
			return err
		}
		return ui.Wrap().Render(templ.WithChildren(ctx, templ.Join(catalogue.StartServices(v), catalogue.StartSituations(v))), w)
	})
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return ui.Page(ui.Head{Title: i18n.K("ui.home"), Full: true}).Render(templ.WithChildren(ctx, parts), w)
	})
}

// webTexts are texts that the program gives beside those of the packages here.
func webTexts() fs.FS {
	return fstest.MapFS{"text.ru.json": {Data: []byte("{}")}, "text.en.json": {Data: []byte("{}")}}
}

func titles(p *webtest.Page) []string {
	var all []string
	for _, n := range p.All("li.service h3") {
		all = append(all, strings.ReplaceAll(webtest.Text(n), "\u00a0", " "))
	}
	return all
}

// Proves: D-01, D-07
func TestTheCatalogueListsServicesAsCards(t *testing.T) {
	t.Parallel()
	page := loaded(t).browser.Get("/services")
	if page.Status != http.StatusOK || len(titles(page)) != 11 {
		t.Fatalf("%d: %v", page.Status, titles(page))
	}
	if h := page.Text("#found"); h != "Найдено 11 услуг" {
		t.Errorf("heading is %q", h)
	}
	card := page.Text("li.service")
	for _, want := range []string{"Справка о доходах", "Паспорт, СНИЛС", "Бесплатно", "До 10 минут", "Федеральная услуга", "Налоговая служба"} {
		if !strings.Contains(strings.ReplaceAll(card, "\u00a0", " "), want) {
			t.Errorf("the first card lacks %q: %s", want, card)
		}
	}
}

// Proves: D-02
func TestSearchSaysWhatItLookedForInstead(t *testing.T) {
	t.Parallel()
	b := loaded(t).browser
	page := b.Get("/services").Form(`main form[role=search]`).Set("q", "cghfdrf j lj[jlf[").Send()
	if got := titles(page); len(got) == 0 || got[0] != "Справка о доходах" {
		t.Errorf("found %v", got)
	}
	if said := page.Text("main .ds-alert"); !strings.Contains(said, "Показаны результаты для «справка доходах»") {
		t.Errorf("said %q", said)
	}
	if exact := b.Get("/services?q=справка"); exact.Has("main .ds-alert") {
		t.Error("an exact query is said to be mended")
	}
}

// Proves: C-04
func TestTheSearchOnTopOfEveryPageFindsByNameAndCode(t *testing.T) {
	t.Parallel()
	p := loaded(t)
	p.signIn(t)
	for _, text := range []string{"субсидия на оплату жилья", "СП-201", "сп201"} {
		page := p.browser.Get("/services/yard-problem").Form("header form[role=search]").Set("q", text).Send()
		if got := titles(page); len(got) == 0 || got[0] != "Субсидия на оплату жилья" {
			t.Errorf("%q finds %v", text, got)
		}
	}
}

func TestFiltersNarrowAndAreRemovedOneByOne(t *testing.T) {
	t.Parallel()
	b := loaded(t).browser
	form := b.Get("/services?q=справка").Form("main aside form")
	form.Set("agency", "registry").Set("type", "certificate")
	page := form.Send()
	if got := page.URL.Query(); got.Get("q") != "справка" || got.Get("agency") != "registry" {
		t.Errorf("text and filters do not combine: %s", page.URL)
	}
	want := []string{"Архивная справка о записи акта", "Справка о составе семьи"}
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(titles(page)))); diff != "" {
		t.Error(diff)
	}
	if n := len(page.All("main a.ds-chip.removable")); n != 2 {
		t.Errorf("%d chips", n)
	}
	less := page.Click("Служба регистрации")
	if less.URL.Query().Has("agency") || less.URL.Query().Get("type") != "certificate" {
		t.Errorf("the chip leads to %s", less.URL)
	}
	if got := titles(less); !slices.Contains(got, "Справка о доходах") {
		t.Errorf("after removing the agency: %v", got)
	}
	if all := page.Click("Сбросить всё"); all.URL.RawQuery != "q="+"%D1%81%D0%BF%D1%80%D0%B0%D0%B2%D0%BA%D0%B0" {
		t.Errorf("reset leads to %s", all.URL)
	}
}

func TestOnlyAPersonWhoseLevelIsKnownIsAskedAboutIt(t *testing.T) {
	t.Parallel()
	p := loaded(t)
	if p.browser.Get("/services").Has("input[name=mine]") {
		t.Error("a stranger is offered the filter")
	}
	p.signIn(t)
	p.level = catalogue.Simplified
	page := p.browser.Get("/services").Form("main aside form").Set("mine", "on").Send()
	want := []string{"Сообщение о проблеме во дворе", "Заявление об утрате паспорта"}
	if diff := cmp.Diff(want, titles(page)); diff != "" {
		t.Error(diff)
	}
}

func TestALongListIsReadPageByPage(t *testing.T) {
	t.Parallel()
	p := open(t, sqldbtest.New(t, catalogue.Schema()), many(t, 34)) // and the eleven real ones
	if err := p.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	page := p.browser.Get("/services?kind=regional&sort=title")
	var sizes []int
	for {
		sizes = append(sizes, len(titles(page)))
		for _, title := range titles(page) {
			if seen[title] {
				t.Errorf("%s is shown twice", title)
			}
			seen[title] = true
		}
		next := page.All("nav.ds-pagination a:last-child")
		if len(sizes) == 3 {
			break
		}
		if len(next) == 0 {
			t.Fatalf("no way on after %v", sizes)
		}
		page = p.browser.Get(webtest.Attr(next[0], "href"))
	}
	if diff := cmp.Diff([]int{20, 20, 3}, sizes); diff != "" {
		t.Error(diff)
	}
	if page.URL.Query().Get("kind") != "regional" || page.URL.Query().Get("sort") != "title" {
		t.Errorf("the filter is lost on the way: %s", page.URL)
	}
}

func TestNothingFoundGivesAdvice(t *testing.T) {
	t.Parallel()
	b := loaded(t).browser
	page := b.Get("/services?q=ъъъъъ")
	if !page.Has(".empty") || !page.Has("main a[href='/services/income-certificate']") {
		t.Errorf("no way on: %s", page.Text("main"))
	}
	filtered := b.Get("/services?q=субсидия&kind=federal")
	if again := filtered.Click("Сбросить всё"); len(titles(again)) == 0 {
		t.Error("without filters there is still nothing")
	}
}

func TestOddAddressesShowTheCatalogue(t *testing.T) {
	t.Parallel()
	b := loaded(t).browser
	for _, path := range []string{"/services?from=-5", "/services?from=99999999999999", "/services?kind=x&speed=y&sort=z&situation=w", "/services?q=" + strings.Repeat("a", 5000)} {
		if page := b.Get(path); page.Status != http.StatusOK {
			t.Errorf("%.40s: %d", path, page.Status)
		}
	}
	if page := b.Get("/services?from=9000"); page.Status != http.StatusOK || !page.Has(".empty, nav.ds-pagination") {
		t.Errorf("past the end there is no way back: %s", page.Text("main"))
	}
}

// Proves: D-08, D-11
func TestAServicePageTellsWhatToExpect(t *testing.T) {
	t.Parallel()
	page := loaded(t).browser.Get("/services").Click("Субсидия на")
	text := strings.ReplaceAll(page.Text("main"), "\u00a0", " ")
	for _, want := range []string{
		"Код услуги СП-201", "До 10 рабочих дней", "Бесплатно", "Около 7 минут",
		"Кто может получить", "В семье трое детей или больше?", "Это другая услуга: Удостоверение многодетной семьи",
		"Что подготовить", "Квитанция за последний месяц", "Загрузите в заявлении", "Как это проходит", "Приложите квитанцию",
		"Почему могут отказать", "Если подать сегодня", "Ответ до 4 декабря", "Центр социальной поддержки Заречной области", "+7 900 000-10-20",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if !page.Has("a[href='/services/housing-subsidy/apply']") {
		t.Error("there is no way to apply")
	}
}

func TestTheServicePageKnowsTheLevelAndTheDraft(t *testing.T) {
	t.Parallel()
	p := loaded(t)
	p.signIn(t)
	p.draft = &catalogue.Draft{Href: "/applications/42/step", Saved: noon.AddDate(0, 0, -1)}
	page := p.browser.Get("/services/housing-subsidy")
	if !page.Has("a[href='/applications/42/step']") || !strings.Contains(page.Text("aside"), "Черновик сохранён вчера") {
		t.Errorf("the draft is not offered: %s", page.Text("aside"))
	}
	p.level = catalogue.Simplified
	page = p.browser.Get("/services/housing-subsidy")
	if page.Has("a[href='/services/housing-subsidy/apply']") || !strings.Contains(page.Text("aside"), "нужна стандартная") ||
		!page.Has("a[href='/profile/identity?back=/services/housing-subsidy']") {
		t.Errorf("a level that does not suffice: %s", page.Text("aside"))
	}
}

func TestAnUnknownServiceIsNotFound(t *testing.T) {
	t.Parallel()
	b := loaded(t).browser
	for _, path := range []string{"/services/nonsense", "/services/..%2f..%2fetc"} {
		if page := b.Get(path); page.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, page.Status)
		}
	}
}

func TestPagesAreWholeInEnglish(t *testing.T) {
	t.Parallel()
	p := loaded(t)
	p.browser.Lang = "en"
	for _, path := range []string{"/services", "/services/housing-subsidy", "/services/income-certificate", "/", "/services?q=zzzzz"} {
		page := p.browser.Get(path)
		for _, r := range page.Text("main") {
			if r >= 'а' && r <= 'я' {
				t.Errorf("%s has Russian words: %s", path, page.Text("main"))
				break
			}
		}
	}
}

// Proves: D-02
func TestSuggestionsComeWhileTyping(t *testing.T) {
	t.Parallel()
	p := loaded(t)
	page := p.browser.Get("/services/suggest?q=субс")
	options := page.All("li[role=option]")
	if len(options) != 1 || webtest.Attr(options[0], "data-href") != "/services/housing-subsidy" {
		t.Fatalf("suggested %s", page.Body)
	}
	if mark := page.Text("mark"); mark != "Субс" {
		t.Errorf("marked %q", mark)
	}
	if none := p.browser.Get("/services/suggest?q="); none.Status != http.StatusOK || none.Has("li[role=option]") {
		t.Errorf("nothing typed suggests %s", none.Body)
	}
	if layout := p.browser.Get("/services/suggest?q=ce,cb"); !strings.Contains(layout.Text("li[role=option]"), "идия") {
		t.Errorf("the wrong layout suggests %q", layout.Text("li[role=option]"))
	}
}

func TestOnlyHarmlessQueriesBecomePopular(t *testing.T) {
	t.Parallel()
	p := loaded(t)
	for range 5 {
		p.browser.Get("/services?q=субсидия")
		p.browser.Get("/services?q=субсидия+Иванов+Пётр")
	}
	list := p.browser.Get("/services/suggest?q=су").Text("body")
	if !strings.Contains(list, "Часто ищут") {
		t.Errorf("five searches did not make it popular: %q", list)
	}
	if strings.Contains(strings.ToLower(list), "иванов") {
		t.Errorf("somebody's name is shown to all: %q", list)
	}
	if hero := p.browser.Get("/").Text(".hero"); !strings.Contains(hero, "субсидия") || strings.Contains(hero, "Иванов") {
		t.Errorf("start page: %q", hero)
	}
}

func TestTheStartPageLeadsToServicesAndSituations(t *testing.T) {
	t.Parallel()
	p := loaded(t)
	page := p.browser.Get("/")
	if n := len(page.All(".lift li")); n != 6 {
		t.Errorf("%d popular services", n)
	}
	situation := page.Click("Рождение ребёнка")
	if got := titles(situation); len(got) != 4 {
		t.Errorf("the situation has %v", got)
	}
	if said := strings.ReplaceAll(page.Text("main"), "\u00a0", " "); !strings.Contains(said, "4 услуги: детский сад, поликлиника, льготы") {
		t.Errorf("the start page counts otherwise: %s", said)
	}
	if h1 := situation.Text("h1"); strings.ReplaceAll(h1, "\u00a0", " ") != "Рождение ребёнка" {
		t.Errorf("heading %q", h1)
	}
}
