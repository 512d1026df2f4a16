package ui

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/andybalholm/cascadia"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/web"
)

// reading returns a context of a visit in a language.
func reading(t testing.TB, lang i18n.Lang, v *web.Visit) context.Context {
	t.Helper()
	c, err := i18n.NewCatalogue(Texts)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, time.November, 21, 9, 0, 0, 0, time.UTC)
	return web.WithVisit(c.With(t.Context(), lang, time.UTC, now), v)
}

func visitor() *web.Visit {
	return &web.Visit{Path: "/services?q=a", Prefs: web.Prefs{Print: 1, Scheme: "auto"}, Region: i18n.Words{RU: "Заречная область"}}
}

func citizen() *web.Visit {
	v := visitor()
	v.Account = "a"
	v.Who = &web.Who{Name: "Соколова М. А.", Initials: "МС", Level: "ui.account", Confirmed: true, Unread: 3}
	return v
}

// draw returns the component as a tree.
func draw(t testing.TB, ctx context.Context, c templ.Component) *html.Node {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(ctx, &b); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func all(doc *html.Node, selector string) []*html.Node {
	return cascadia.QueryAll(doc, cascadia.MustCompile(selector))
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// one returns the text of the only element that matches.
func one(t testing.TB, doc *html.Node, selector string) string {
	t.Helper()
	found := all(doc, selector)
	if len(found) != 1 {
		t.Fatalf("%s: %d elements, want 1", selector, len(found))
	}
	return text(found[0])
}

// pages are all shells with all components in them.
func pages() map[string]templ.Component {
	body := templ.Raw("<h1>x</h1>")
	with := func(c templ.Component) templ.Component {
		return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error { return c.Render(templ.WithChildren(ctx, body), w) })
	}
	head := Head{Title: i18n.K("ui.services")}
	return map[string]templ.Component{
		"style page":  StylePage(),
		"full page":   with(Page(Head{Title: i18n.K("ui.home"), Full: true})),
		"quiet page":  with(Page(Head{Title: i18n.K("ui.home"), Quiet: true})),
		"auth page":   with(AuthPage(head)),
		"desk page":   with(DeskPage(Head{Title: i18n.K("ui.desk"), Nav: []Link{{Href: "/desk", Text: i18n.K("ui.desk")}}})),
		"not found":   ErrorPage(http.StatusNotFound, web.ErrNotFound, "01h"),
		"failure":     ErrorPage(http.StatusInternalServerError, nil, ""),
		"unavailable": ErrorPage(http.StatusServiceUnavailable, fault.New(fault.Unavailable, "fault.internal"), ""),
	}
}

func TestEveryPageHoldsToTheStrictPolicyAndIsWired(t *testing.T) {
	t.Parallel()
	symbols := map[string]bool{"arches": true}
	for _, name := range iconNames {
		symbols[name] = true
	}
	key := regexp.MustCompile(`\b(ui|web|fault)\.[a-z_]+`)
	low := visitor()
	low.Prefs = web.Prefs{Vision: true, Print: 3, Scheme: "dark"}
	for who, visit := range map[string]*web.Visit{"visitor": visitor(), "citizen": citizen(), "low vision": low} {
		for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
			for name, page := range pages() {
				doc := draw(t, reading(t, lang, visit), page)
				where := strings.Join([]string{name, who, string(lang)}, ", ")
				ids := map[string]bool{}
				for n := range doc.Descendants() {
					if n.Type == html.TextNode && key.MatchString(n.Data) {
						t.Errorf("%s: a key is shown: %q", where, n.Data)
					}
					if n.Type != html.ElementNode {
						continue
					}
					if n.Data == "style" || n.Data == "script" && (attr(n, "src") == "" || n.FirstChild != nil) {
						t.Errorf("%s: inline <%s>", where, n.Data)
					}
					for _, a := range n.Attr {
						if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
							t.Errorf("%s: inline %s on <%s>", where, a.Key, n.Data)
						}
						if a.Key == "id" {
							if a.Val == "" || ids[a.Val] {
								t.Errorf("%s: ID %q is not unique", where, a.Val)
							}
							ids[a.Val] = true
						}
						if a.Key == "href" && a.Val == "" || key.MatchString(a.Val) {
							t.Errorf("%s: %s=%q on <%s>", where, a.Key, a.Val, n.Data)
						}
					}
				}
				for _, name := range []string{"for", "aria-describedby", "aria-labelledby", "aria-controls", "popovertarget"} {
					for _, n := range all(doc, "["+name+"]") {
						for _, id := range strings.Fields(attr(n, name)) {
							if !ids[id] {
								t.Errorf("%s: %s=%q leads nowhere", where, name, id)
							}
						}
					}
				}
				for _, n := range all(doc, "use") {
					if _, symbol, _ := strings.Cut(attr(n, "href"), "#"); !symbols[symbol] {
						t.Errorf("%s: there is no icon %q", where, symbol)
					}
				}
				for _, form := range all(doc, `form[method="post"]`) {
					if len(cascadia.QueryAll(form, cascadia.MustCompile(`input[type="hidden"][name="csrf"]`))) != 1 {
						t.Errorf("%s: a form without its CSRF field: %s", where, attr(form, "action"))
					}
				}
				if n := len(all(doc, "h1")); n != 1 {
					t.Errorf("%s: %d h1", where, n)
				}
			}
		}
	}
}

func TestAPageSaysWhoLooksAtItAndHow(t *testing.T) {
	t.Parallel()
	v := citizen()
	v.Path = "/applications/7"
	v.Prefs = web.Prefs{Vision: true, Print: 2, Scheme: "dark"}
	doc := draw(t, reading(t, i18n.EN, v), Page(Head{Title: i18n.K("ui.applications"), Wrong: true}))
	if got := one(t, doc, "title"); got != "Error: My applications — Kabinet" {
		t.Errorf("title %q", got)
	}
	root := all(doc, "html")[0]
	if attr(root, "lang") != "en" || attr(root, "data-color-scheme") != "dark" || attr(root, "data-print") != "2" || len(all(doc, "html[data-vision]")) != 1 {
		t.Errorf("root is %v", root.Attr)
	}
	if got := one(t, doc, `.mainnav [aria-current]`); got != "My applications" {
		t.Errorf("the section is %q", got)
	}
	if got := one(t, doc, "[data-count-number]"); got != "3" {
		t.Errorf("unread %q", got)
	}
	if got := attr(all(doc, ".util a")[0], "href"); got != "/lang/ru?back=%2Fapplications%2F7" {
		t.Errorf("language switch leads to %q", got)
	}
	if len(all(doc, `form[action="/logout"] button`)) != 2 || len(all(doc, `body[data-events="/events"]`)) != 1 {
		t.Error("no way out, or no stream")
	}
	if len(all(draw(t, reading(t, i18n.RU, visitor()), Page(Head{})), `form[action="/logout"], [data-events]`)) != 0 {
		t.Error("a visitor is shown what belongs to citizens")
	}
}

func TestAFieldIsTiedToItsHintAndItsError(t *testing.T) {
	t.Parallel()
	f := &web.Field{Name: "born", Label: say("Дата рождения", "Born"), Hint: say("ДД.ММ.ГГГГ", "DD.MM.YYYY"), Value: `1"<b>`, Error: say("Нет такого дня", "No such day")}
	for name, c := range map[string]templ.Component{"text": TextField(f), "date": DateField(f), "area": TextArea(f, 0), "file": FileField(f, Upload{}), "password": PasswordField(f, Password{}), "code": CodeField(f, 6), "box": Checkbox(f)} {
		doc := draw(t, reading(t, i18n.RU, visitor()), c)
		input := all(doc, "#born")
		if len(input) != 1 || attr(input[0], "aria-describedby") != "born-hint born-error" || attr(input[0], "aria-invalid") != "true" || attr(input[0], "name") != "born" {
			t.Errorf("%s: %v", name, input)
			continue
		}
		if one(t, doc, "#born-hint") != "ДД.ММ.ГГГГ" || one(t, doc, "#born-error") != "Нет такого дня" {
			t.Errorf("%s: hint or error is not there", name)
		}
		if name == "password" && attr(input[0], "value") != "" {
			t.Error("a password is drawn again")
		}
	}
	secret := &web.Field{Name: "pin", Secret: true, Value: "1234"}
	if got := attr(all(draw(t, reading(t, i18n.RU, visitor()), TextField(secret)), "#pin")[0], "value"); got != "" {
		t.Errorf("a secret is drawn again: %q", got)
	}
	doc := draw(t, reading(t, i18n.RU, visitor()), TextField(f))
	if got := attr(all(doc, "#born")[0], "value"); got != f.Value {
		t.Errorf("what was typed comes back as %q", got)
	}
}

func TestTheSummaryLeadsToEachWrongField(t *testing.T) {
	t.Parallel()
	ctx := reading(t, i18n.RU, visitor())
	fine := &web.Field{Name: "a"}
	first := &web.Field{Name: "b", Error: say("Укажите город", "Give the city")}
	choice := &web.Field{Name: "c", Label: say("Да?", "Yes?"), Error: say("Ответьте", "Answer")}
	doc := draw(t, ctx, templ.Join(ErrorSummary(fine, first, choice), Radios(choice, renamed)))
	if got := one(t, doc, ".ds-error-summary h2"); got != "Исправьте 2 ошибки, чтобы продолжить" {
		t.Error(got)
	}
	var got []string
	for _, a := range all(doc, ".ds-error-summary a") {
		got = append(got, attr(a, "href")+" "+text(a))
	}
	if diff := cmp.Diff([]string{"#b Укажите город", "#c Ответьте"}, got); diff != "" {
		t.Error(diff)
	}
	if len(all(doc, `input#c[type="radio"]`)) != 1 {
		t.Error("the summary does not lead to the first choice")
	}
	if len(all(draw(t, ctx, ErrorSummary(fine)), ".ds-error-summary")) != 0 {
		t.Error("a summary of no errors")
	}
}

func TestATableFoldsWithItsRolesAndLabels(t *testing.T) {
	t.Parallel()
	doc := draw(t, reading(t, i18n.RU, visitor()), StylePage())
	cell := all(doc, `#tables td[data-label="Статус"]`)
	if len(cell) != 3 || attr(cell[0], "role") != "cell" || len(all(doc, `#tables th[role="rowheader"]`)) != 3 {
		t.Errorf("%d labelled cells", len(cell))
	}
}

func TestSuggestionsMarkWhatWasTyped(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	err := Suggestions([]Suggestion{{Href: "/services/a", Text: "Справка о доходах", Hit: 0, End: len("Справка"), Kind: i18n.K("ui.services")}, {Href: "/b", Text: "x", Hit: 1, End: 9}}).Render(reading(t, i18n.RU, visitor()), &b)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(strings.NewReader("<ul>" + b.String() + "</ul>"))
	if err != nil {
		t.Fatal(err)
	}
	options := all(doc, `[role="option"]`)
	if len(options) != 2 || attr(options[0], "data-href") != "/services/a" || text(all(doc, "mark")[0]) != "Справка" || text(options[1]) != "x" {
		t.Error(b.String())
	}
	if got := attr(all(doc, "[data-said]")[0], "data-said"); strings.ReplaceAll(got, "\u00a0", " ") != "2 подсказки" {
		t.Error(got)
	}
}

// Source: performance goals for the first view of a page.
func TestTheFirstViewIsSmall(t *testing.T) {
	t.Parallel()
	size := func(name string) int {
		path := strings.TrimPrefix(Asset(name), "/static/")
		if b, err := dist.ReadFile("dist/" + path + ".br"); err == nil {
			return len(b)
		}
		b, err := dist.ReadFile("dist/" + path)
		if err != nil {
			t.Fatal(err)
		}
		return len(b)
	}
	sum := 0
	for _, name := range []string{"app.css", "app.js", "icons.svg", "logo.svg", "golos-cyrillic.woff2", "golos-latin.woff2", "golos-ruble.woff2"} {
		sum += size(name)
	}
	if limit := 70 << 10; sum > limit { // leaves 20 KB of the 90 for the page
		t.Errorf("the files of a page have %d bytes, more than %d", sum, limit)
	}
	if got := size("app.js"); got > 8<<10 {
		t.Errorf("the script has %d bytes", got)
	}
}

func TestFilesAreSentCompressedAndForEver(t *testing.T) {
	t.Parallel()
	h := Static()
	get := func(path, accept string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept-Encoding", accept)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for accept, encoding := range map[string]string{"gzip, deflate, br, zstd": "br", "gzip": "gzip", "": "", "br;q=0, gzip;q=0.5": "gzip"} {
		w := get(Asset("app.css"), accept)
		if w.Code != http.StatusOK || w.Header().Get("Content-Encoding") != encoding || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/css") {
			t.Errorf("%q: %d %v", accept, w.Code, w.Header())
		}
		if !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: %v", accept, w.Header())
		}
	}
	if w := get(Asset("golos-latin.woff2"), "br"); w.Header().Get("Content-Type") != "font/woff2" || w.Header().Get("Content-Encoding") != "" {
		t.Errorf("font: %v", w.Header())
	}
	for _, path := range []string{"/static/", "/static/none.css", "/static/../asset_names.go", strings.TrimSuffix(Asset("app.css"), ".css") + ".css.br"} {
		if w := get(path, "br"); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// What features draw by name must be in the files that browsers get.
func TestIconsAndClassesThatAreUsedExist(t *testing.T) {
	t.Parallel()
	css, err := dist.ReadFile("dist/" + strings.TrimPrefix(Asset("app.css"), "/static/"))
	if err != nil {
		t.Fatal(err)
	}
	icon := regexp.MustCompile(`\bIcon(?:\("|:\s*")([a-z0-9-]+)"`)
	class := regexp.MustCompile(`\bds-[a-z]+(?:-[a-z]+)*\b`)
	attribute := regexp.MustCompile(`class=(?:"[^"]*"|\{[^}]*\})`)
	err = filepath.WalkDir("../..", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(path, "_templ.go") || filepath.Ext(path) != ".templ" && filepath.Ext(path) != ".go" {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range icon.FindAllSubmatch(src, -1) {
			if !slices.Contains(iconNames, string(m[1])) {
				t.Errorf("%s: there is no icon %q", path, m[1])
			}
		}
		if filepath.Ext(path) == ".templ" {
			for _, a := range attribute.FindAll(src, -1) {
				for _, name := range class.FindAll(a, -1) {
					if !bytes.Contains(css, append([]byte("."), name...)) {
						t.Errorf("%s: the style sheet has no class %q", path, name)
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func BenchmarkStylePage(b *testing.B) {
	ctx := reading(b, i18n.RU, citizen())
	var buf bytes.Buffer
	b.ReportAllocs()
	for b.Loop() {
		buf.Reset()
		if err := StylePage().Render(ctx, &buf); err != nil {
			b.Fatal(err)
		}
	}
}
