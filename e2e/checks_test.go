package e2e

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

var axeSource = sync.OnceValues(func() (string, error) {
	b, err := os.ReadFile("testdata/axe.min.js")
	return string(b), err
})

// Axe fails for everything that axe-core finds on the page: WCAG 2.2 A and AA,
// and its rules of good practice.
func (p *Page) Axe() {
	p.t.Helper()
	for _, f := range p.violations() {
		p.t.Errorf("axe on %s (%s): %s", p.address(), p.view, f)
	}
}

// Colours fails for what axe-core finds in colours alone: nothing else differs
// between the modes of one page.
func (p *Page) Colours() {
	p.t.Helper()
	for _, f := range p.find("color-contrast", "link-in-text-block") {
		p.t.Errorf("axe on %s (%s): %s", p.address(), p.view, f)
	}
}

func (p *Page) violations() []string { p.t.Helper(); return p.find() }

// find runs axe-core with these rules, or with all.
func (p *Page) find(rules ...string) []string {
	p.t.Helper()
	options := "{resultTypes: ['violations']}"
	if len(rules) > 0 {
		options = "{resultTypes: ['violations'], runOnly: ['" + strings.Join(rules, "', '") + "']}"
	}
	source, err := axeSource()
	if err != nil {
		p.t.Fatal(err)
	}
	defer p.withTimers()()
	if !eval[bool](p, "!!window.axe") {
		eval[bool](p, source+"\n;true")
	}
	return eval[[]string](p, `axe.run(document, `+options+`).then(r => r.violations.flatMap(v =>
	  v.nodes.map(n => v.id + ' (' + v.impact + '): ' + v.help + '\n    ' + n.target.join(' ') + '\n    ' + n.html.slice(0, 300) + '\n    ' + (n.failureSummary || '').replace(/\n\s*/g, ' '))))`)
}

// withTimers lets timers and callbacks run until what it returns is called. On
// a page opened without script its own script has not run and does not run now.
func (p *Page) withTimers() func() {
	p.t.Helper()
	if !p.view.NoScript {
		return func() {}
	}
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: false})
	return func() {
		call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	}
}

// EveryMode runs Axe on the page, looks at its colours when it is dark and when
// colours are forced, and for sideways scrolling at 320 px. The view is as
// before afterwards.
func (p *Page) EveryMode() {
	p.t.Helper()
	before := p.view
	p.Axe()
	for _, v := range []View{{Dark: true}, {Contrast: true}} {
		v.Width, v.Lang, v.NoScript = before.Width, before.Lang, before.NoScript
		p.view = v
		p.look()
		p.Colours()
	}
	p.view = before
	p.look()
	p.NoSidewaysScroll()
}

// NoSidewaysScroll fails when the page is wider than a screen of 320 px.
func (p *Page) NoSidewaysScroll() {
	p.t.Helper()
	if wide := p.tooWide(); len(wide) > 0 {
		p.t.Errorf("%s at %d px: %s", p.address(), Narrow, strings.Join(wide, "\n    "))
	}
}

func (p *Page) tooWide() []string {
	p.t.Helper()
	before := p.view
	p.view.Width = Narrow
	p.look()
	wide := eval[[]string](p, `(() => {
	  const most = document.documentElement.clientWidth;
	  if (document.scrollingElement.scrollWidth <= most) return [];
	  const wide = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > most + 1 && e.checkVisibility());
	  return ['scrolls to ' + document.scrollingElement.scrollWidth + ' px'].concat(wide.slice(0, 5).map(e => e.outerHTML.slice(0, 160)));
	})()`)
	p.view = before
	p.look()
	return wide
}

// Steady fails when anything on the page has moved since it was opened without
// the person doing something.
func (p *Page) Steady() {
	p.t.Helper()
	if shift := p.shift(); shift > 0 {
		p.t.Errorf("%s (%s): the page shifted by %.3f", p.address(), p.view, shift)
	}
}

// shift is the cumulative layout shift so far.
func (p *Page) shift() float64 {
	p.t.Helper()
	defer p.withTimers()()
	return eval[float64](p, `new Promise(done => {
	  const seen = new PerformanceObserver(() => {});
	  seen.observe({type: 'layout-shift', buffered: true});
	  requestAnimationFrame(() => done(seen.takeRecords().reduce((sum, e) => e.hadRecentInput ? sum : sum + e.value, 0)));
	})`)
}

// Focused returns a short description of what has the focus: its words, or its tag.
func (p *Page) Focused() string {
	p.t.Helper()
	return plain(eval[string](p, `(e => (e.labels && e.labels[0] && e.labels[0].innerText) || e.innerText || e.getAttribute('aria-label') || e.tagName)(document.activeElement)`))
}

// Key presses keys, for instance kb.Tab.
func (p *Page) Key(keys string) { p.t.Helper(); p.do(chromedp.KeyEvent(keys)) }

// Weight returns how many bytes came over the network for the page and its
// parts, and in how many answers.
func (p *Page) Weight() (bytes, answers int) {
	p.t.Helper()
	got := eval[[]int](p, `(list => [list.reduce((n, e) => n + e.transferSize, 0), list.length])(
	  [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource').filter(e => e.initiatorType !== 'eventsource' && e.initiatorType !== 'other')])`)
	if len(got) != 2 {
		p.t.Fatal(fmt.Sprint("strange answer ", got))
	}
	return got[0], got[1]
}
