package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestTheDemonstrationStartsStopsAndGoesOn(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, want := range []string{s.URL, s.Sandbox} {
		if !strings.Contains(s.Output(), want) {
			t.Errorf("the demonstration does not say that it is at %s: %s", want, s.Output())
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		resp, err := (&http.Client{Timeout: 5 * time.Second}).Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s answers %s", path, resp.Status)
		}
	}
	s.Stop(t)
	s.Restart(t)
	s.Kill(t)
	s.Restart(t)
	p := open(t, s.URL, View{})
	p.Open("/")
	p.See("Кабинет")
}

// publicPages are what anybody may look at.
var publicPages = []string{"/", "/services", "/services?q=" + "справка", "/ui", "/no-such-page"}

func TestPublicPagesAreForEverybody(t *testing.T) {
	t.Parallel()
	s := shared(t)
	for _, view := range []View{{}, {Width: Phone, Lang: "en"}, {Width: Phone, NoScript: true}} {
		t.Run(view.String(), func(t *testing.T) {
			t.Parallel()
			p := open(t, s.URL, view)
			for _, path := range publicPages {
				p.Open(path)
				p.Steady()
				if view.NoScript { // looks as with script, which only improves
					p.Axe()
				} else {
					p.EveryMode()
				}
			}
		})
	}
}

func TestPublicPagesAreLight(t *testing.T) {
	t.Parallel()
	s := shared(t)
	for _, path := range []string{"/", "/services"} {
		p := open(t, s.URL, View{Width: Phone})
		p.Open(path)
		if bytes, answers := p.Weight(); bytes > 90<<10 || answers > 8 {
			t.Errorf("%s weighs %d KiB in %d answers at first sight, more than 90 KiB in 8", path, bytes>>10, answers)
		}
		p.Open(path)
		if bytes, _ := p.Weight(); bytes > 9<<10 {
			t.Errorf("%s weighs %d KiB when seen again, more than 9 KiB", path, bytes>>10)
		}
	}
}
