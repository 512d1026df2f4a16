package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// site is a small page with everything the helpers look for.
func site(t *testing.T, body string) string {
	t.Helper()
	mux := http.NewServeMux()
	page := func(w http.ResponseWriter, body string) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
		fmt.Fprintf(w, `<!doctype html><html lang="ru"><head><title>Страница</title><meta name="viewport" content="width=device-width"></head><body><main><h1>Заголовок</h1>%s</main></body></html>`, body)
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		page(w, strings.ReplaceAll(body, "{lang}", r.Header.Get("Accept-Language")))
	})
	mux.HandleFunc("POST /{$}", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			t.Error(err)
		}
		f, head, err := r.FormFile("paper")
		text := ""
		if err == nil {
			b, _ := io.ReadAll(f)
			text = head.Filename + "=" + string(b)
		}
		page(w, fmt.Sprintf("<p>Принято: %s, %s, %s, %s, %s</p>", r.FormValue("name"), r.FormValue("agree"), r.FormValue("way"), r.FormValue("region"), text))
	})
	mux.HandleFunc("GET /script.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		io.WriteString(w, `document.querySelector('#script').textContent = 'работает скрипт'`)
	})
	mux.HandleFunc("GET /fails.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		io.WriteString(w, `throw new Error('on purpose')`)
	})
	mux.HandleFunc("GET /favicon.ico", func(http.ResponseWriter, *http.Request) {})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL
}

const form = `<p>Язык: {lang}</p><p id="script">без скрипта</p><script src="/script.js"></script>
<form method="post" enctype="multipart/form-data">
<p><label for="n">Как&nbsp;вас зовут</label> <input id="n" name="name" value="старое"></p>
<p><input type="checkbox" id="a" name="agree"> <label for="a">Я согласен</label></p>
<fieldset><legend>Способ</legend><input type="radio" id="w1" name="way" value="one"> <label for="w1">Первый</label> <input type="radio" id="w2" name="way" value="two"> <label for="w2">Второй</label></fieldset>
<p><label for="r">Регион</label> <select id="r" name="region"><option value="">—</option><option value="zarech">Заречная область</option></select></p>
<p><label for="f">Справка</label> <input type="file" id="f" name="paper"></p>
<button type="submit">Отправить</button></form>`

func TestStoriesFillFormsByTheirWords(t *testing.T) {
	t.Parallel()
	for _, view := range []View{{}, {Width: Phone, Lang: "en", Dark: true}, {NoScript: true}} {
		t.Run(view.String(), func(t *testing.T) {
			t.Parallel()
			p := open(t, site(t, form), view)
			p.Open("/")
			p.See("Язык: " + view.lang())
			if view.NoScript {
				p.See("без скрипта")
			} else {
				p.See("работает скрипт")
			}
			if got := p.Value("Как вас зовут"); got != "старое" {
				t.Errorf("the field holds %q", got)
			}
			paper := filepath.Join(t.TempDir(), "справка.txt")
			if err := os.WriteFile(paper, []byte("текст"), 0o600); err != nil {
				t.Fatal(err)
			}
			p.Fill("Как вас зовут", "Мария")
			p.Choose("Я согласен")
			p.Choose("Второй")
			p.Choose("Регион/Заречная область")
			p.Attach("Справка", paper)
			p.EveryMode()
			p.Steady()
			p.Follow("Отправить")
			p.See("Принято: Мария, on, two, zarech, справка.txt=текст")
			p.Miss("старое")
			p.Back()
			if p.Path() != "/" {
				t.Errorf("back is at %s", p.Path())
			}
			if n, answers := p.Weight(); n < 300 && answers < 1 {
				t.Errorf("the page weighs %d bytes in %d answers", n, answers)
			}
		})
	}
}

func TestTheKeyboardAndTheFocusAreSeen(t *testing.T) {
	t.Parallel()
	p := open(t, site(t, form), View{})
	p.Open("/")
	p.Key(kb.Tab)
	if got := p.Focused(); got != "Как вас зовут" {
		t.Errorf("the focus is on %q", got)
	}
}

func TestFaultsOfPagesAreFound(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, body, want string
		check            func(p *Page) []string
	}{
		{"a field without a label", `<input name="x">`, "label", (*Page).violations},
		{"grey on white", `<p><font color="#999">текст</font></p>`, "color-contrast", (*Page).violations},
		{"a page that is too wide", `<img width="500" height="10" alt="">`, "scrolls to 5", (*Page).tooWide},
		{"an inline script", `<script>window.x = 1</script>`, "security", nil},
		{"a picture of another site", `<img src="http://127.0.0.1:1/x.png" alt="">`, "another site", nil},
		{"an exception", `<script src="/fails.js"></script>`, "an exception", nil},
		{"nothing", `<p>хорошо</p>`, "", func(p *Page) []string { return append(p.violations(), p.tooWide()...) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := open(t, site(t, tt.body), View{})
			p.Open("/")
			var found []string
			if tt.check != nil {
				found = tt.check(p)
			}
			if tt.want == "" {
				if len(found) > 0 {
					t.Errorf("found %q", found)
				}
				return
			}
			p.wait("nothing was found", func() bool {
				p.mu.Lock()
				defer p.mu.Unlock()
				return strings.Contains(strings.Join(append(found, p.problems...), "; "), tt.want)
			})
			p.Forgive("")
		})
	}
}
