package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// ends are what must be ended after the last story.
var ends struct {
	mu   sync.Mutex
	list []func()
}

func atEnd(f func()) {
	ends.mu.Lock()
	defer ends.mu.Unlock()
	ends.list = append(ends.list, f)
}

func TestMain(m *testing.M) {
	code := m.Run()
	for i := len(ends.list) - 1; i >= 0; i-- {
		ends.list[i]()
	}
	os.Exit(code)
}

// browser starts Chromium once for all stories; each page has cookies of its own.
var browser = sync.OnceValues(func() (context.Context, error) {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		return nil, fmt.Errorf("there is no Chromium: run scripts/prepare")
	}
	dir, err := os.MkdirTemp("", "kabinet-chromium")
	if err != nil {
		return nil, err
	}
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.WindowSize(1280, 900)}
	for _, flag := range []string{"headless", "disable-gpu", "disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "no-first-run", "hide-scrollbars",
		"use-fake-device-for-media-stream", "use-fake-ui-for-media-stream",
		"disable-background-timer-throttling", "disable-renderer-backgrounding", "disable-backgrounding-occluded-windows"} {
		options = append(options, chromedp.Flag(flag, true))
	}
	if os.Getuid() == 0 { // Chromium's own sandbox does not work for root
		options = append(options, chromedp.NoSandbox)
	}
	ctx, stop := chromedp.NewContext(context.Background(), chromedp.WithAllocatorOptions(options...))
	atEnd(func() { stop(); os.RemoveAll(dir) })
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		return nil, fmt.Errorf("starting Chromium: %w", err)
	}
	return ctx, nil
})

// View is how a page is looked at. The zero View is a desk in Russian.
type View struct {
	Width    int    // 0 means 1280
	Lang     string // "ru" or "en", as the browser asks for; "" means ru
	NoScript bool
	Dark     bool
	Contrast bool // forced colours, as a system's high contrast mode has them
}

// The widths that stories are told at.
const (
	Phone  = 390
	Narrow = 320 // WCAG 2.2, 1.4.10
	Desk   = 1280
)

func (v View) String() string {
	parts := []string{fmt.Sprint(v.width()), v.lang()}
	for name, on := range map[string]bool{"no script": v.NoScript, "dark": v.Dark, "contrast": v.Contrast} {
		if on {
			parts = append(parts, name)
		}
	}
	return strings.Join(parts, ", ")
}

func (v View) width() int {
	if v.Width == 0 {
		return Desk
	}
	return v.Width
}

func (v View) lang() string {
	if v.Lang == "" {
		return "ru"
	}
	return v.Lang
}

// Page is a tab. Its methods fail the test.
type Page struct {
	t    *testing.T
	ctx  context.Context
	base string // of the site
	view View

	mu       sync.Mutex
	problems []string // that the browser reported
}

// open opens a tab with no cookies on a site.
func open(t *testing.T, site string, view View) *Page {
	t.Helper()
	root, err := browser()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := chromedp.NewContext(root, chromedp.WithNewBrowserContext())
	p := &Page{t: t, ctx: ctx, base: site, view: view}
	t.Cleanup(func() {
		if t.Failed() {
			p.Screenshot("failed")
		}
		stop()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, problem := range p.problems {
			t.Errorf("the browser reported: %s", problem)
		}
	})
	if err := chromedp.Listen(ctx, p.listen); err != nil {
		t.Fatal(err)
	}
	call(p, network.Enable, network.EnableParams{})
	call(p, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": view.lang()}})
	call(p, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}) // tabs beside this one do not put it to sleep
	p.look()
	return p
}

// As returns the same tab looked at in another way, from the next page on.
func (p *Page) As(view View) *Page {
	p.t.Helper()
	p.view = view
	call(p, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": view.lang()}})
	p.look()
	return p
}

// look makes the tab what the view says.
func (p *Page) look() {
	p.t.Helper()
	v := p.view
	height := 900
	if v.width() < 600 {
		height = 844
	}
	p.do(chromedp.EmulateViewport(int64(v.width()), int64(height)))
	scheme, colours := "light", "none"
	if v.Dark {
		scheme = "dark"
	}
	if v.Contrast {
		colours = "active"
	}
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "forced-colors", Value: colours}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: v.NoScript})
	eval[bool](p, settle)
}

// settle ends the transitions by which colours change, and those that their
// ends begin, so that what looks at the page sees how it stays.
const settle = `(() => {
  for (let i = 0; i < 30; i++) {
    const running = document.getAnimations().filter(a => a.effect.getComputedTiming().endTime < Infinity);
    if (!running.length) break;
    running.forEach(a => a.finish());
  }
  return true;
})()`

// listen notes what must not happen on any page.
func (p *Page) listen(event any) {
	problem := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		problem = "an exception: " + e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			problem += " " + e.ExceptionDetails.Exception.Description
		}
	case *log.EventEntryAdded:
		// Answers with an error status are the stories' own business.
		if e.Entry.Level == "error" && e.Entry.Source != "network" {
			problem = string(e.Entry.Source) + ": " + e.Entry.Text
		}
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; !strings.HasPrefix(u, p.base+"/") && !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "blob:") && !strings.HasPrefix(u, "about:") {
			problem = "a request to another site: " + u
		}
	}
	if problem != "" {
		p.mu.Lock()
		p.problems = append(p.problems, problem)
		p.mu.Unlock()
	}
}

// Forgive forgets the problems so far that hold a text, for stories that cause them.
func (p *Page) Forgive(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var kept []string
	for _, problem := range p.problems {
		if !strings.Contains(problem, text) {
			kept = append(kept, problem)
		}
	}
	p.problems = kept
}

// patience is how long a story waits for anything.
const patience = 60 * time.Second

func (p *Page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%s (%s): %v", p.address(), p.view, err)
	}
}

// eval runs an expression in the page; it works without script too.
func eval[T any](p *Page, expression string) T {
	p.t.Helper()
	v, err := tryEval[T](p, expression)
	if err != nil {
		p.t.Fatalf("%s (%s): %v", p.address(), p.view, err)
	}
	return v
}

func tryEval[T any](p *Page, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// say returns the words in the view's language.
func (v View) say(ru, en string) string {
	if v.lang() == "en" {
		return en
	}
	return ru
}
