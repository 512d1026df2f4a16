package app

import (
	"io"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"testing"

	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/web/webtest"
)

// benchSite is a portal with a citizen who has applications, signed in.
func benchSite(b *testing.B) *webtest.Browser {
	b.Helper()
	data := b.TempDir()
	env := []string{"KABINET_DATA=" + data, "KABINET_MASTER_KEY=" + secret.NewMaster(), "KABINET_REPORTING_LOG_LEVEL=error"}
	cmd := seedCommand{Citizens: 2, Services: 300, Applications: 40}
	if err := cmd.Run(b.Context(), &console{err: io.Discard, env: env}); err != nil {
		b.Fatal(err)
	}
	cfg, err := cmd.load(&console{env: append(env, "KABINET_SERVICES="+filepath.Join(data, "services"))}, false)
	if err != nil {
		b.Fatal(err)
	}
	a, err := Open(b.Context(), cfg, io.Discard)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { a.Close() })
	if err := a.load(b.Context()); err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(a.Handler())
	b.Cleanup(server.Close)
	browser := webtest.New(b, server.URL)
	form := browser.Get("/login").Form("main form")
	if page := form.Set("login", "user1@example.test").Set("password", "correct-horse-1").Send(); page.URL.Path == "/login" {
		b.Fatalf("signing in: %s", page.Text("main"))
	}
	return browser
}

// BenchmarkPages times requests whole: both ends of the connection, and reading
// the page as HTML.
func BenchmarkPages(b *testing.B) {
	browser := benchSite(b)
	for name, path := range map[string]string{"dashboard": "/", "applications": "/applications", "search": "/services?q=passport", "suggest": "/services/suggest?q=pa"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if page := browser.Get(path); page.Status != 200 {
					b.Fatal(page.Status)
				}
			}
		})
	}
	b.Run("submit", func(b *testing.B) {
		form := browser.Get("/services/bench-service/apply?new=1").Form("main form:has([name=idem])")
		form.Set("name", "Anna Petrova").Set("comment", "words").Set("consent", "on")
		n := 0
		for b.Loop() {
			n++
			if page := form.Set("idem", "bench-"+strconv.Itoa(n)).Send(); page.Status != 200 {
				b.Fatal(page.Status, page.Text("main"))
			}
		}
	})
}
