package app

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"kabinet/internal/application"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/web/webtest"
)

func TestSeededPeopleSignInAndFindTheirApplications(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	env := []string{"KABINET_DATA=" + data, "KABINET_MASTER_KEY=" + secret.NewMaster(), "KABINET_REPORTING_LOG_LEVEL=error"}
	cmd := seedCommand{Citizens: 50, Services: 40, Applications: 120}
	if err := cmd.Run(t.Context(), &console{err: io.Discard, env: env}); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Run(t.Context(), &console{err: io.Discard, env: env}); err == nil || !strings.Contains(err.Error(), "made-up people already") {
		t.Errorf("seeding a seeded folder: %v", err)
	}
	cfg, err := cmd.load(&console{env: append(env, "KABINET_SERVICES="+filepath.Join(data, "services"))}, false)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(t.Context(), cfg, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := a.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a.Handler())
	defer server.Close()
	for _, n := range []string{"1", "50"} {
		b := webtest.New(t, server.URL)
		form := b.Get("/login").Form("main form")
		page := form.Set("login", "user"+n+"@example.test").Set("password", "correct-horse-"+n).Send()
		if page.Status != http.StatusOK || page.URL.Path == "/login" {
			t.Fatalf("user %s does not sign in: %d %s", n, page.Status, page.Text("main"))
		}
		if got := len(b.Get("/").All(`main a[href^="/applications/"]`)); got == 0 {
			t.Errorf("the dashboard of user %s shows no application", n)
		}
		if feed := b.Get("/notices"); feed.Status != http.StatusOK {
			t.Errorf("the notices of user %s: %d", n, feed.Status)
		}
	}
	queue, err := a.applications.Counts(t.Context(), application.Clerk{Agency: "city"})
	if err != nil || queue[application.ViewCommon] == 0 {
		t.Errorf("the queue of the city: %v %v", queue, err)
	}
}

func TestMadeUpApplicationsAreSharedOutWhole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ citizens, applications int }{{1, 0}, {50, 120}, {1500, 20}, {1500, 40_000}, {3000, 20_500}} {
		s := seed{citizens: c.citizens, applications: c.applications}
		sum := 0
		for i := range c.citizens {
			sum += s.share(i)
		}
		if sum != c.applications {
			t.Errorf("%+v: %d were shared out", c, sum)
		}
	}
}
