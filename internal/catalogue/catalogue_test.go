package catalogue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kabinet/internal/catalogue"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/secret/secrettest"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
	"kabinet/internal/platform/web/webtest"
	"kabinet/internal/platform/workcal"
	"kabinet/services"
)

// noon is a Saturday: terms begin to count on Monday.
var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// folder is a copy of the real services that a test may change.
func folder(t testing.TB) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(services.FS, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := services.FS.ReadFile(name)
		files[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// edit replaces the first old by new in a file that must hold it.
func edit(t testing.TB, files fstest.MapFS, name, old, new string) {
	t.Helper()
	data := string(files[name].Data)
	if !strings.Contains(data, old) {
		t.Fatalf("%s does not hold %q", name, old)
	}
	files[name] = &fstest.MapFile{Data: []byte(strings.Replace(data, old, new, 1))}
}

// portal is a catalogue with its pages.
type portal struct {
	*catalogue.Service
	db      *sqldb.DB
	log     *bytes.Buffer
	router  http.Handler
	browser *webtest.Browser
	level   catalogue.Level
	draft   *catalogue.Draft
}

// open makes a catalogue of the files, not loaded yet. The cookie "session"
// signs in.
func open(t testing.TB, db *sqldb.DB, files fs.FS) *portal {
	t.Helper()
	calendar, err := workcal.Russia()
	if err != nil {
		t.Fatal(err)
	}
	p := &portal{db: db, log: &bytes.Buffer{}, level: catalogue.Standard}
	p.Service = catalogue.New(catalogue.Config{
		DB: db, Files: files, Calendar: calendar, Now: func() time.Time { return noon }, Location: time.UTC,
		Log:   slog.New(slog.NewTextHandler(p.log, nil)),
		Level: func(context.Context, string) (catalogue.Level, error) { return p.level, nil },
		Draft: func(context.Context, string, string) (*catalogue.Draft, error) { return p.draft, nil },
	})
	texts, err := i18n.NewCatalogue(ui.Texts, catalogue.Texts, webTexts())
	if err != nil {
		t.Fatal(err)
	}
	router := web.NewRouter(web.Config{
		Catalogue: texts, Keys: secrettest.New(t), Now: func() time.Time { return noon },
		Region: i18n.Words{RU: "Заречная область", EN: "Zarechnaya Oblast"},
		Identify: func(_ http.ResponseWriter, r *http.Request) (web.Identity, error) {
			if _, err := r.Cookie("session"); err != nil {
				return web.Identity{}, nil
			}
			return web.Identity{Account: "alice", Session: "s"}, nil
		},
		Who: func(context.Context, string) (*web.Who, error) {
			return &web.Who{Name: "Соколова М. А.", Initials: "МС", FirstName: "Марина", Level: "catalogue.level_standard"}, nil
		},
		ErrorPage: ui.ErrorPage,
	})
	p.Routes(router)
	router.Handle("GET /{$}", func(w http.ResponseWriter, r *http.Request) error {
		start, err := p.Start(r.Context())
		if err != nil {
			return err
		}
		return web.Write(w, r, http.StatusOK, startPage(start))
	})
	mux := http.NewServeMux()
	mux.Handle("/", router)
	mux.Handle("GET /static/", ui.Static())
	p.router = mux
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.browser = webtest.New(t, server.URL)
	return p
}

// signIn makes the browser somebody's.
func (p *portal) signIn(t testing.TB) {
	t.Helper()
	u := p.browser.Get("/services").URL
	p.browser.Client.Jar.SetCookies(u, []*http.Cookie{{Name: "session", Value: "s"}})
}

// loaded is a catalogue of the services that come with the program.
func loaded(t testing.TB) *portal {
	t.Helper()
	p := open(t, sqldbtest.New(t, catalogue.Schema()), services.FS)
	if err := p.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLookAtThePages(t *testing.T) {
	if os.Getenv("KABINET_LOOK") == "" {
		t.Skip("set KABINET_LOOK to serve the pages for a minute")
	}
	p := loaded(t)
	fmt.Println("LOOK", p.browser.Get("/services").URL)
	time.Sleep(time.Minute)
}

func TestAChangedFileBecomesTheNextVersion(t *testing.T) {
	t.Parallel()
	files := folder(t)
	p := open(t, sqldbtest.New(t, catalogue.Schema()), files)
	load := func() {
		t.Helper()
		if err := p.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	current := func() *catalogue.Definition {
		t.Helper()
		d, err := p.Current(t.Context(), "housing-subsidy")
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	load()
	if v := current().Version; v != 1 {
		t.Errorf("first version is %d", v)
	}
	load()
	if v := current().Version; v != 1 {
		t.Errorf("the same file made version %d", v)
	}
	edit(t, files, "social/housing-subsidy.yaml", "ru: Субсидия на оплату жилья", "ru: Субсидия на жильё")
	load()
	if d := current(); d.Version != 2 || d.Title.RU != "Субсидия на\u00a0жильё" {
		t.Errorf("version %d is called %q", d.Version, d.Title.RU)
	}
	old, err := p.Definition(t.Context(), "housing-subsidy", 1)
	if err != nil || old.Title.RU != "Субсидия на\u00a0оплату жилья" || old.Compiled == nil {
		t.Errorf("a draft's version 1 is %+v, %v", old, err)
	}

	edit(t, files, "social/housing-subsidy.yaml", "agency: social", "agency: nobody")
	load()
	if d := current(); d.Version != 2 {
		t.Errorf("a faulty file made version %d", d.Version)
	}
	if !strings.Contains(p.log.String(), "social/housing-subsidy.yaml:3:") {
		t.Errorf("the log does not name the fault: %s", p.log)
	}

	delete(files, "social/housing-subsidy.yaml")
	delete(files, "social/large-family-card.yaml") // it names the other
	load()
	if _, err := p.Current(t.Context(), "housing-subsidy"); !errors.Is(err, catalogue.ErrNoService) {
		t.Errorf("a service without a file: %v", err)
	}
	if _, err := p.Definition(t.Context(), "housing-subsidy", 2); err != nil {
		t.Errorf("its version must stay for those who applied: %v", err)
	}
}

func TestAVersionThatNeverWasIsNotFound(t *testing.T) {
	t.Parallel()
	p := loaded(t)
	for _, c := range []struct {
		code    string
		version int
	}{{"housing-subsidy", 7}, {"housing-subsidy", 0}, {"no-such-service", 1}} {
		if _, err := p.Definition(t.Context(), c.code, c.version); !errors.Is(err, catalogue.ErrNoService) {
			t.Errorf("%s %d: %v", c.code, c.version, err)
		}
	}
}

func TestTwoProcessesPublishAVersionOnce(t *testing.T) {
	t.Parallel()
	db := sqldbtest.New(t, catalogue.Schema())
	var wg sync.WaitGroup
	for range 2 {
		p := open(t, db, services.FS)
		wg.Go(func() {
			if err := p.Load(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	n, err := sqldb.One(t.Context(), db, sqldb.Int, `SELECT count(*) FROM service_version`)
	if err != nil || n != len(serviceFiles(t)) {
		t.Errorf("%d versions of %d services, %v", n, len(serviceFiles(t)), err)
	}
}

func serviceFiles(t testing.TB) []string {
	t.Helper()
	files, err := fs.Glob(services.FS, "*/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestPagesWaitForTheFirstLoadAndThenSaySo(t *testing.T) {
	t.Parallel()
	p := open(t, sqldbtest.New(t, catalogue.Schema()), services.FS)
	go func() {
		time.Sleep(50 * time.Millisecond)
		if err := p.Load(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	if page := p.browser.Get("/services"); page.Status != http.StatusOK {
		t.Errorf("while loading: %d", page.Status)
	}
	never := open(t, sqldbtest.New(t, catalogue.Schema()), services.FS)
	page := never.browser.Get("/services")
	if page.Status != http.StatusServiceUnavailable || page.Header.Get("Retry-After") == "" {
		t.Errorf("not loaded after two seconds: %d %v", page.Status, page.Header)
	}
}

func TestTheTermIsCountedInWorkingDays(t *testing.T) {
	t.Parallel()
	p := loaded(t)
	for code, want := range map[string]string{
		"income-certificate": "2026-11-21", // ten minutes
		"housing-subsidy":    "2026-12-04", // ten working days from a Saturday
		"passport-loss":      "2026-11-23",
	} {
		d, err := p.Current(t.Context(), code)
		if err != nil {
			t.Fatal(err)
		}
		due, err := p.Due(d.Term)
		if err != nil || due.Day.String() != want {
			t.Errorf("%s is due on %s, %v; want %s", code, due.Day, err, want)
		}
	}
}

func TestEveryServiceCanBeAppliedFor(t *testing.T) {
	t.Parallel()
	p := loaded(t)
	c, err := p.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	agencies := map[string]bool{}
	for _, card := range c.Find(catalogue.Query{}).Cards {
		d, err := p.Current(t.Context(), card.Code)
		if err != nil {
			t.Fatal(err)
		}
		agencies[d.Agency] = true
		if d.Compiled == nil || d.Routing.Connector == "" && d.Routing.Queue == "" || d.Consent.EN == "" {
			t.Errorf("%s cannot be sent anywhere", card.Code)
		}
	}
	if c.Len() < 8 || len(agencies) < 5 {
		t.Errorf("%d services of %d agencies", c.Len(), len(agencies))
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	c, err := loaded(t).Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []struct {
		name  string
		query catalogue.Query
		first string // code; "" is nothing found
		total int    // 0 is not checked
	}{
		{name: "by an inflected word", query: catalogue.Query{Text: "справку о доходах"}, first: "income-certificate"},
		{name: "by what people call it", query: catalogue.Query{Text: "2-НДФЛ"}, first: "income-certificate"},
		{name: "by its code", query: catalogue.Query{Text: "сп 201"}, first: "housing-subsidy", total: 1},
		{name: "with a wrong letter", query: catalogue.Query{Text: "субсидея"}, first: "housing-subsidy"},
		{name: "in the wrong layout", query: catalogue.Query{Text: "ltncrbq cfl"}, first: "kindergarten-place"},
		{name: "in English", query: catalogue.Query{Text: "lost passport"}, first: "passport-loss"},
		{name: "nonsense", query: catalogue.Query{Text: "ъъъъъъ"}},
		{name: "text and a filter together", query: catalogue.Query{Text: "справка состав", Agency: "registry"}, first: "family-certificate", total: 1},
		{name: "a filter that excludes the text", query: catalogue.Query{Text: "субсидия", Kind: catalogue.Federal}},
		{name: "a document needed", query: catalogue.Query{Documents: []string{"snils"}}, first: "income-certificate", total: 1},
		{name: "two documents, both needed", query: catalogue.Query{Documents: []string{"passport", "birth-certificate"}}, first: "kindergarten-place", total: 2},
		{name: "two types widen each other", query: catalogue.Query{Types: []string{"permit", "improvement"}}, first: "yard-problem", total: 2},
		{name: "what an account of the simplified level may use", query: catalogue.Query{Level: catalogue.Simplified}, first: "yard-problem", total: 2},
		{name: "at once", query: catalogue.Query{Speed: catalogue.AtOnce}, first: "income-certificate", total: 1},
		{name: "the soonest first", query: catalogue.Query{Order: catalogue.BySpeed}, first: "income-certificate", total: 11},
		{name: "a life situation", query: catalogue.Query{Situation: "lost"}, first: "record-certificate", total: 2},
		{name: "an unknown category", query: catalogue.Query{Categories: []string{"nonsense"}}},
		{name: "past the end", query: catalogue.Query{Offset: 500, Limit: 20}},
	} {
		t.Run(q.name, func(t *testing.T) {
			t.Parallel()
			found := c.Find(q.query)
			first := ""
			if len(found.Cards) > 0 {
				first = found.Cards[0].Code
			}
			if first != q.first || q.total > 0 && found.Total != q.total {
				var codes []string
				for _, card := range found.Cards {
					codes = append(codes, card.Code)
				}
				t.Errorf("found %d: %v", found.Total, codes)
			}
		})
	}
}

func TestPopularServicesAndSituationsComeFromTheDefinitions(t *testing.T) {
	t.Parallel()
	files := folder(t)
	for name := range maps.Clone(files) {
		if strings.Contains(name, "/") && !strings.HasSuffix(name, "/yard-problem.yaml") && !strings.HasSuffix(name, "/tree-removal.yaml") {
			delete(files, name)
		}
	}
	p := open(t, sqldbtest.New(t, catalogue.Schema()), files)
	if err := p.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	start, err := p.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, s := range start.Situations {
		got[s.Code] = s.Services
	}
	if diff := cmp.Diff(map[string]int{"building": 2}, got); diff != "" {
		t.Error(diff)
	}
	if len(start.Popular) != 1 || start.Popular[0].Code != "yard-problem" {
		t.Errorf("popular: %+v", start.Popular)
	}
}
