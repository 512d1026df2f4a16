package document

import (
	"bytes"
	"context"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// visitor is a browser: who it is signed in as is a header, as sessions are
// not this feature's.
type visitor struct {
	t       *testing.T
	url     string
	account string
	accept  string // "application/json": a script of ours
	client  *http.Client
}

func (s bench) visitor(t *testing.T, account string) visitor {
	t.Helper()
	rt := web.NewRouter(web.Config{
		Catalogue: s.cfg.Catalogue, Keys: s.cfg.Keys, Now: s.now, ErrorPage: ui.ErrorPage,
		Identify: func(_ http.ResponseWriter, r *http.Request) (web.Identity, error) {
			a := r.Header.Get("X-Account")
			return web.Identity{Account: a, Session: a}, nil
		},
		Who: func(context.Context, string) (*web.Who, error) {
			return &web.Who{Name: "Соколова М. А."}, nil
		},
	})
	s.Routes(rt)
	server := httptest.NewServer(rt)
	t.Cleanup(server.Close)
	jar, _ := cookiejar.New(nil)
	return visitor{t: t, url: server.URL, account: account, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// as is the same server for somebody else.
func (v visitor) as(account string) visitor {
	v.account = account
	return v
}

type answer struct {
	*http.Response
	body []byte
}

func (v visitor) do(method, path, kind string, body io.Reader) answer {
	v.t.Helper()
	r, err := http.NewRequest(method, v.url+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	r.Header.Set("X-Account", v.account)
	if v.accept != "" && method == "POST" {
		r.Header.Set("Accept", v.accept)
	}
	resp, err := v.client.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer{resp, b}
}

func (v visitor) get(path string) answer { v.t.Helper(); return v.do("GET", path, "", nil) }

// csrf takes the value of the first form of a page.
func (v visitor) csrf(path string) string {
	v.t.Helper()
	return v.get(path).attr(v.t, `input[name=csrf]`, "value")
}

type part struct{ name, filename, value string }

// send posts a multipart form, its CSRF value first.
func (v visitor) send(from, path string, parts ...part) answer {
	v.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	w.WriteField("csrf", v.csrf(from))
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		how := map[string]string{"name": p.name}
		if p.filename != "" {
			how["filename"] = p.filename
		}
		h.Set("Content-Disposition", mime.FormatMediaType("form-data", how))
		if p.filename != "" {
			h.Set("Content-Disposition", `form-data; name="`+p.name+`"; filename="`+p.filename+`"`) // as browsers do: UTF-8, unescaped
			h.Set("Content-Type", "application/pdf")
		}
		pw, err := w.CreatePart(h)
		if err != nil {
			v.t.Fatal(err)
		}
		io.WriteString(pw, p.value)
	}
	w.Close()
	return v.do("POST", path, w.FormDataContentType(), &b)
}

func (v visitor) post(from, path string, form url.Values) answer {
	v.t.Helper()
	form.Set("csrf", v.csrf(from))
	return v.do("POST", path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

func (a answer) all(t *testing.T, selector string) []*html.Node {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	return cascadia.QueryAll(doc, cascadia.MustCompile(selector))
}

func (a answer) attr(t *testing.T, selector, name string) string {
	t.Helper()
	for _, n := range a.all(t, selector) {
		for _, at := range n.Attr {
			if at.Key == name {
				return at.Val
			}
		}
	}
	t.Fatalf("no %s with %s on the page:\n%s", selector, name, a.body)
	return ""
}

// text is what all elements of a selector say.
func (a answer) text(t *testing.T, selector string) string {
	t.Helper()
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	for _, n := range a.all(t, selector) {
		walk(n)
		b.WriteByte(' ')
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(b.String(), "\u00a0", " ")), " ")
}

// Proves: G-02, G-07
func TestSomeoneUploadsLooksChangesAndDeletes(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	v := s.visitor(t, alice)
	if got := v.get("/documents").text(t, ".empty h2"); got != "Здесь будут ваши документы" {
		t.Errorf("an empty list says %q", got)
	}
	file := aPDF(t)
	a := v.send("/documents", "/documents", part{"type", "", "contract"}, part{"file", "Договор аренды.pdf", string(file)})
	if a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s", a.StatusCode, a.text(t, "main"))
	}
	list := v.get(a.Header.Get("Location"))
	if got := list.text(t, ".ds-alert"); got != "Файл «Договор аренды.pdf» загружен и проверен." {
		t.Errorf("after the upload: %q", got)
	}
	row := list.text(t, "tbody tr")
	if v.get(list.attr(t, "tbody tr td:last-child a:last-child", "href")).attr(t, `a[href$="/delete"]`, "href") == "" {
		t.Error("no way to delete")
	}
	for _, want := range []string{"Договор аренды.pdf", "Договор", "Загружено", "Скачать", "Изменить", "сегодня, 12:00"} {
		if !strings.Contains(row, want) {
			t.Errorf("the row lacks %q: %s", want, row)
		}
	}
	href := list.attr(t, "tbody th a", "href")

	look := v.get(href)
	if look.Header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(look.Header.Get("Content-Disposition"), "inline;") || !bytes.Equal(look.body, file) {
		t.Errorf("looking: %v", look.Header)
	}
	save := v.get(href + "?download")
	_, how, err := mime.ParseMediaType(save.Header.Get("Content-Disposition"))
	if err != nil || how["filename"] != "Договор аренды.pdf" || !strings.HasPrefix(save.Header.Get("Content-Disposition"), "attachment;") {
		t.Errorf("saving: %q", save.Header.Get("Content-Disposition"))
	}
	if head := v.do("HEAD", href, "", nil); head.StatusCode != http.StatusOK || head.ContentLength != int64(len(file)) {
		t.Errorf("HEAD: %d, %d bytes", head.StatusCode, head.ContentLength)
	}

	a = v.post(href+"/edit", href+"/edit", url.Values{"name": {"Аренда 2026"}, "type": {"other"}})
	if list = v.get(a.Header.Get("Location")); list.text(t, "tbody th a") != "Аренда 2026.pdf" {
		t.Errorf("after the change: %s", list.text(t, "tbody"))
	}
	a = v.post(href+"/edit", href+"/edit", url.Values{"name": {""}, "type": {"other"}})
	if a.StatusCode != http.StatusUnprocessableEntity || len(a.all(t, ".ds-error-summary")) != 1 {
		t.Errorf("no name: %d", a.StatusCode)
	}

	if ask := v.get(href + "/delete"); !strings.Contains(ask.text(t, "main"), "восстановить его будет нельзя") {
		t.Errorf("asked before deleting: %s", ask.text(t, "main"))
	}
	a = v.post(href+"/delete", href+"/delete", url.Values{})
	if list = v.get(a.Header.Get("Location")); list.text(t, ".ds-alert") != "Файл удалён." || len(list.all(t, "tbody tr")) != 0 {
		t.Errorf("after deleting: %s", list.text(t, "main"))
	}
	v.accept = "application/json"
	if a := v.send("/documents", "/documents", part{"file", "b.pdf", string(file)}); a.StatusCode != http.StatusOK || a.text(t, "li a") != "b.pdf" {
		t.Errorf("by script: %d %s", a.StatusCode, a.body)
	}
	if a := v.get(href); a.StatusCode != http.StatusNotFound {
		t.Errorf("a deleted file: %d", a.StatusCode)
	}
}

// Proves: G-03, G-05
func TestWhatIsWrongWithAFileIsSaidAtTheField(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	v := s.visitor(t, alice)
	good := string(aPDF(t))
	for name, tt := range map[string]struct{ filename, file, want string }{
		"an exe named pdf": {"a.pdf", "MZ\x90\x00", "Это не PDF, JPG или PNG."},
		"html named jpg":   {"a.jpg", "<html><script>alert(1)</script>", "Это не PDF, JPG или PNG."},
		"a pdf named exe":  {"a.pdf.exe", good, "Это не PDF, JPG или PNG."},
		"six megabytes":    {"a.pdf", "%PDF-1.4\n" + strings.Repeat("x", 6<<20), "Файл больше 5 МБ."},
		"nothing":          {"a.pdf", "", "В файле ничего нет."},
		"no file chosen":   {"", "", "Выберите файл"},
		"half a photo":     {"a.jpg", string(aJPEG(t)[:4000]), "Файл повреждён"},
		"a program inside": {"a.pdf", strings.Replace(good, "\n", "\n<</S /JavaScript>>\n", 1), "В файле есть программа"},
	} {
		a := v.send("/documents", "/documents", part{"type", "", "passport"}, part{"file", tt.filename, tt.file})
		if a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.text(t, "#file-error"), tt.want) ||
			!strings.Contains(a.text(t, ".ds-error-summary"), tt.want) || a.attr(t, "option[selected]", "value") != "passport" {
			t.Errorf("%s: %d, %q", name, a.StatusCode, a.text(t, "#file-error"))
		}
		if !strings.HasPrefix(a.text(t, "title"), "Ошибка:") {
			t.Errorf("%s: the title is %q", name, a.text(t, "title"))
		}
		script := v
		script.accept = "application/json"
		a = script.send("/documents", "/documents", part{"file", tt.filename, tt.file})
		if a.StatusCode != http.StatusUnprocessableEntity || !strings.HasPrefix(strings.ReplaceAll(string(a.body), "\u00a0", " "), tt.want) {
			t.Errorf("%s, by script: %d %q", name, a.StatusCode, a.body)
		}
	}
	if n := s.stored(t); n != 0 {
		t.Errorf("%d files left in the store", n)
	}
	a := v.send("/documents", "/documents", part{"file", "a.pdf", good[:len(good)-300]})
	list := v.get(a.Header.Get("Location"))
	if !strings.Contains(list.text(t, ".ds-alert"), "Сохраните документ заново и загрузите его ещё раз") || !strings.Contains(list.text(t, "tbody"), "Требуется уточнение") {
		t.Errorf("a cut file: %s", list.text(t, "main"))
	}
}

func TestNamesFromHostileSendersAreHarmless(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	v := s.visitor(t, alice)
	for sent, want := range map[string]string{
		"../../../x.pdf":                     "x.pdf",
		"fdp\u202efdp.exe.pdf":               "fdpfdp.exe.pdf",
		strings.Repeat("щ", 255) + ".pdf":    strings.Repeat("щ", maxName-4) + ".pdf",
		"<img src=x onerror=alert(1)>.pdf":   "<img src=x onerror=alert(1)>.pdf",
		"a; filename=evil.exe; x='.pdf":      "a; filename=evil.exe; x='.pdf",
		"=HYPERLINK(1)\r\nSet-Cookie: a.pdf": "",
	} {
		if want == "" {
			continue // cannot be written in one header line
		}
		a := v.send("/documents", "/documents", part{"file", sent, string(aPDF(t))})
		if a.StatusCode != http.StatusSeeOther {
			t.Errorf("%q: %d %s", sent, a.StatusCode, a.text(t, "#file-error"))
			continue
		}
		list := v.get(a.Header.Get("Location"))
		if got := list.text(t, "tbody tr:first-child th a"); got != want || len(list.all(t, "main img")) != 0 {
			t.Errorf("%q is shown as %q", sent, got)
		}
		save := v.get(list.attr(t, "tbody tr:first-child th a", "href") + "?download")
		if _, how, err := mime.ParseMediaType(save.Header.Get("Content-Disposition")); err != nil || how["filename"] != want {
			t.Errorf("%q is saved as %q", sent, save.Header.Get("Content-Disposition"))
		}
	}
}

func TestAPhotographLosesItsPlaceOnTheWay(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	v := s.visitor(t, alice)
	a := v.send("/documents", "/documents", part{"file", "photo.jpg", string(aJPEG(t))})
	look := v.get("/documents/" + strings.TrimPrefix(a.Header.Get("Location"), "/documents?added="))
	if look.Header.Get("Content-Type") != "image/jpeg" || bytes.Contains(look.body, []byte(whereabouts)) {
		t.Errorf("%v", look.Header)
	}
}

func TestAFileIsNeverAPageOfOurs(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	v := s.visitor(t, alice)
	for name, file := range map[string][]byte{"a.pdf": aPDF(t), "a.png": aPNG(t)} {
		f := s.upload(t, alice, name, file)
		for _, query := range []string{"", "?download"} {
			h := v.get("/documents/" + f.ID + query).Header
			csp := h.Get("Content-Security-Policy")
			if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" || !strings.HasPrefix(csp, "default-src 'none'") ||
				strings.Contains(csp, "script-src") || !strings.Contains(csp, "frame-ancestors 'none'") {
				t.Errorf("%s%s: %v", name, query, h)
			}
			if sandboxed := strings.Contains(csp, "sandbox"); sandboxed == (name == "a.pdf" && query == "") {
				t.Errorf("%s%s: %s", name, query, csp)
			}
		}
	}
}

func TestAnothersFileDoesNotExist(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	f, issued := s.upload(t, alice, "Тайна.pdf", aPDF(t)), s.issue(t, alice, "application/1/result")
	v := s.visitor(t, bob)
	for _, file := range []string{f.ID, issued.ID, id.New(), "x", "..%2f..%2fetc"} {
		for _, path := range []string{"", "?download", "/edit", "/delete"} {
			if a := v.get("/documents/" + file + path); a.StatusCode != http.StatusNotFound || bytes.Contains(a.body, []byte("Тайна")) {
				t.Errorf("GET %s%s: %d", file, path, a.StatusCode)
			}
		}
		for _, path := range []string{"/edit", "/delete"} {
			if a := v.post("/documents", "/documents/"+file+path, url.Values{"name": {"x"}}); a.StatusCode != http.StatusNotFound {
				t.Errorf("POST %s%s: %d", file, path, a.StatusCode)
			}
		}
	}
	if got, err := s.File(t.Context(), alice, f.ID); err != nil || got.Name != "Тайна.pdf" {
		t.Errorf("%+v, %v", got, err)
	}
	if a := v.get("/documents?added=" + f.ID); bytes.Contains(a.body, []byte("Тайна")) {
		t.Error("the list of another names it")
	}
	for _, path := range []string{"/documents", "/documents/" + f.ID} {
		if a := v.as("").get(path); a.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s without signing in: %d", path, a.StatusCode)
		}
	}
}

func TestAFormThatIsNotOursUploadsNothing(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	v := s.visitor(t, alice)
	for _, body := range []string{
		"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF-1.4\r\n--b--\r\n",
		"--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nwrong\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF-1.4\r\n--b--\r\n",
		"",
	} {
		if a := v.do("POST", "/documents", "multipart/form-data; boundary=b", strings.NewReader(body)); a.StatusCode != http.StatusForbidden {
			t.Errorf("%d", a.StatusCode)
		}
	}
	if n := s.stored(t); n != 0 {
		t.Errorf("%d files stored", n)
	}
}

func TestABodyThatBreaksOffStoresNothingAndSaysSo(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	v := s.visitor(t, alice)
	body := "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n" + v.csrf("/documents") +
		"\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n" + string(aPDF(t)[:3000])
	a := v.do("POST", "/documents", "multipart/form-data; boundary=b", strings.NewReader(body))
	if a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.text(t, "#file-error"), "связь прервалась") {
		t.Errorf("%d %s", a.StatusCode, a.text(t, "#file-error"))
	}
	if n := s.stored(t); n != 0 {
		t.Errorf("%d files stored", n)
	}
}

// Proves: G-09
func TestTheListIsSearchedFilteredAndSortedOnThePage(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	v := s.visitor(t, alice)
	s.upload(t, alice, "Договор аренды.pdf", aPDF(t))
	s.upload(t, alice, "Акт.png", aPNG(t))
	s.issue(t, alice, "application/1/result")
	for query, want := range map[string]string{
		"":                      "Справка о доходах за 2025 год № 2026-000124.pdf Акт.png Договор аренды.pdf",
		"?q=ДОГОВОР":            "Договор аренды.pdf",
		"?sort=name":            "Акт.png Договор аренды.pdf Справка о доходах за 2025 год № 2026-000124.pdf",
		"?kind=issued":          "Справка о доходах за 2025 год № 2026-000124.pdf",
		"?of=certificate":       "Справка о доходах за 2025 год № 2026-000124.pdf",
		"?status=uploaded":      "Акт.png Договор аренды.pdf",
		"?since=month&q=а":      "Справка о доходах за 2025 год № 2026-000124.pdf Акт.png Договор аренды.pdf",
		"?sort=x&after=y":       "",
		"?q=нет такого":         "",
		"?kind=%27%3B+DROP+--+": "",
	} {
		a := v.get("/documents" + strings.ReplaceAll(query, " ", "%20"))
		if got := a.text(t, "tbody th a"); a.StatusCode != http.StatusOK || got != want && want != "" {
			t.Errorf("%s: %d %q, want %q", query, a.StatusCode, got, want)
		}
	}
	if a := v.get("/documents?q=%D0%BD%D0%B5%D1%82"); a.text(t, ".empty h2") != "Ничего не нашлось" {
		t.Errorf("nothing found: %s", a.text(t, "main"))
	}
}

func TestPagesOfTheListLeadOnAndBack(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	v := s.visitor(t, alice)
	for range PageSize + 1 {
		s.upload(t, alice, "a.pdf", aPDF(t))
	}
	first := v.get("/documents?status=uploaded")
	if n := len(first.all(t, "tbody tr")); n != PageSize {
		t.Errorf("%d rows on the first page", n)
	}
	second := v.get(first.attr(t, ".ds-pagination a", "href"))
	if n := len(second.all(t, "tbody tr")); n != 1 {
		t.Errorf("%d rows on the second page", n)
	}
	back := v.get(second.attr(t, ".ds-pagination a", "href"))
	if back.text(t, "tbody") != first.text(t, "tbody") || !strings.Contains(back.Request.URL.RawQuery, "status=uploaded") {
		t.Error("the way back leads to another page")
	}
}

// Proves: G-15
func TestAnIssuedDocumentShowsItsCodeAndLeadsToItsCheck(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	f := s.issue(t, alice, "application/1/result")
	v := s.visitor(t, alice)
	list := v.get("/documents")
	if row := list.text(t, "tbody tr"); !strings.Contains(row, "21.02.2027") || !strings.Contains(row, "Осталось 93 дня") || !strings.Contains(row, "Подписан") || strings.Contains(row, "Удалить") {
		t.Errorf("the row: %s", row)
	}
	_, code, _ := s.Said(t.Context(), alice, f.ID)
	details := v.get("/documents/" + f.ID + "/edit")
	if look := v.get(details.attr(t, `.ds-card a[href$="`+f.ID+`"]`, "href")); look.Header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(look.Header.Get("Content-Disposition"), "inline;") {
		t.Errorf("looking: %v", look.Header)
	}
	if !strings.Contains(details.text(t, ".kv"), code) || details.attr(t, `a[href^="/verify/"]`, "href") != "/verify/"+code {
		t.Errorf("details: %s", details.text(t, "main"))
	}
	if a := v.post("/documents", "/documents/"+f.ID+"/delete", url.Values{}); a.StatusCode != http.StatusConflict {
		t.Errorf("deleting it: %d", a.StatusCode)
	}
}

func TestAnyoneChecksACode(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	f := s.issue(t, alice, "application/1/result")
	_, code, _ := s.Said(t.Context(), alice, f.ID)
	v := s.visitor(t, "")
	a := v.get("/verify?code=" + url.QueryEscape(" "+strings.ToLower(code)))
	page := v.get(a.Header.Get("Location"))
	text := page.text(t, "main")
	for _, want := range []string{"документ с таким кодом выдан", "Справка о доходах за 2025 год", "2026-000124", "Налоговая служба", "21 ноября 2026", "С. М. А.", "Печать портала"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q: %s", want, text)
		}
	}
	if page.StatusCode != http.StatusOK || strings.Contains(text, "Соколова") {
		t.Errorf("%d %s", page.StatusCode, text)
	}
	none := v.get("/verify/0000-0000-0000-0000")
	if none.StatusCode != http.StatusNotFound || !strings.Contains(none.text(t, "#code-error"), "Документа с таким кодом нет") || none.attr(t, "#code", "value") != "0000-0000-0000-0000" {
		t.Errorf("no such code: %d %s", none.StatusCode, none.text(t, "main"))
	}
	if a := v.get("/verify?code="); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("no code typed: %d", a.StatusCode)
	}
	english := v.get("/lang/en?back=/verify/" + code)
	if text := v.get(english.Header.Get("Location")).text(t, "main"); !strings.Contains(text, "Income certificate for 2025") {
		t.Errorf("in English: %s", text)
	}
}

func TestAnyoneChecksAFile(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	f := s.issue(t, alice, "application/1/result")
	_, code, _ := s.Said(t.Context(), alice, f.ID)
	file := s.read(t, alice, f.ID)
	changed := bytes.Clone(file)
	changed[2000] ^= 1
	v := s.visitor(t, "")
	for name, tt := range map[string]struct {
		code, filename string
		file           []byte
		status         int
		want           string
	}{
		"as issued":            {"", "a.pdf", file, 200, "Подлинный: файл в точности такой"},
		"as issued, with code": {code, "a.pdf", file, 200, "Подлинный: файл в точности такой"},
		"changed":              {"", "a.pdf", changed, 200, "Файл изменён"},
		"changed, with code":   {code, "a.pdf", changed, 200, "Файл изменён"},
		"not ours":             {"", "a.pdf", aPDF(t), 200, "В файле нет подписи портала"},
		"no file":              {"", "", nil, 422, "Выберите файл"},
		"a wrong code":         {"0000", "a.pdf", file, 422, "Документа с таким кодом нет"},
		"eleven megabytes":     {"", "a.pdf", make([]byte, 11<<20), 422, "Файл больше 10 МБ"},
	} {
		a := v.send("/verify", "/verify", part{"code", "", tt.code}, part{"file", tt.filename, string(tt.file)})
		if text := a.text(t, "main"); a.StatusCode != tt.status || !strings.Contains(text, tt.want) || strings.Contains(text, "Соколова") {
			t.Errorf("%s: %d %s", name, a.StatusCode, text)
		}
	}
	if n := s.stored(t); n != 1 {
		t.Errorf("%d files in the store: a checked file was kept", n)
	}
}

func TestWhoTriesCodesIsStopped(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	s.cfg.Source = func(*http.Request) string { return "192.0.2.1" }
	v := s.visitor(t, "")
	for range verifyRule().Burst {
		if a := v.get("/verify/0000-0000-0000-0000"); a.StatusCode != http.StatusNotFound {
			t.Fatalf("%d", a.StatusCode)
		}
	}
	if a := v.get("/verify/0000-0000-0000-0000"); a.StatusCode != http.StatusTooManyRequests {
		t.Errorf("%d, want 429", a.StatusCode)
	}
}

func TestValidityIsToldByDays(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 23, 0, 0, 0, time.FixedZone("", 3*3600))
	for until, want := range map[string]i18n.Text{
		"2026-11-20": i18n.K("document.expired"),
		"2026-11-21": i18n.K("document.days_left", "n", 1),
		"2026-12-21": i18n.K("document.days_left", "n", 31),
		"2027-02-21": i18n.K("document.days_left", "n", 93),
		"2027-02-22": i18n.K("document.valid"),
		"never":      i18n.K("document.expired"),
	} {
		if got := validityTag(until, now).Text; got.Key != want.Key || len(got.Args) != len(want.Args) || len(got.Args) > 0 && got.Args[1] != want.Args[1] {
			t.Errorf("%s: %+v, want %+v", until, got, want)
		}
	}
}
