package e2e

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

func call[P, R any](p *Page, cmd cdp.Command[P, R], params P) R {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	r, err := chromedp.Call(ctx, cmd, params)
	if err != nil {
		p.t.Fatalf("%s: %v", cmd.Method, err)
	}
	return r
}

// Open goes to a path of the site.
func (p *Page) Open(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.base + path))
}

// Path returns the path and query the tab is at.
func (p *Page) Path() string {
	p.t.Helper()
	return eval[string](p, "location.pathname + location.search")
}

func (p *Page) address() string {
	s, err := tryEval[string](p, "location.pathname + location.search")
	if err != nil {
		return "(no page)"
	}
	return s
}

// Back presses the browser's button.
func (p *Page) Back() { p.t.Helper(); p.do(chromedp.NavigateBack()) }

// find is a script that finds things as people do: by the words on them, seen
// ones only. Words are compared without regard to typographic spaces.
const find = `(() => {
  const plain = s => (s || '').replace(/[\u00a0\u202f\s]+/g, ' ').replace(/\u2011/g, '-').replace(/\u00ad/g, '').trim();
  const seen = e => e.checkVisibility({visibilityProperty: true}) ;
  const name = e => plain(e.getAttribute('aria-label') || (e.labels && e.labels[0] && e.labels[0].innerText) || e.innerText || e.value || e.title);
  const best = (list, words, name) => {
    const named = [...list].filter(seen).map(e => [e, name(e)]);
    const hit = named.find(([, n]) => n === words) || named.find(([, n]) => n.startsWith(words)) || named.find(([, n]) => n.includes(words));
    return hit && hit[0];
  };
  return {
    plain,
    pressed: words => best(document.querySelectorAll('a[href], button, summary, [role=button], [role=tab], [role=option], input[type=submit]'), words, name),
    field: words => {
      const named = [...document.getElementsByName(words)];
      if (named.length) return named.find(seen) || named[0];
      const label = best(document.querySelectorAll('label'), words, e => plain(e.innerText));
      if (label) return label.control;
      const legend = best(document.querySelectorAll('legend'), words, e => plain(e.innerText));
      if (legend) return legend.closest('fieldset').querySelector('input, select, textarea');
      return null;
    },
  };
})()`

func quote(s string) string {
	b, _ := json.Marshal(s) // a string has no way to fail
	return string(b)
}

// element waits until a script finds an element and returns its path for actions.
func (p *Page) element(what, script string) chromedp.JSPath {
	p.t.Helper()
	p.wait("there is no "+what, func() bool {
		ok, err := tryEval[bool](p, "!!("+script+")")
		return err == nil && ok
	})
	return chromedp.JSPath(script)
}

// wait waits until a condition holds.
func (p *Page) wait(otherwise string, ok func() bool) {
	p.t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(25 * time.Millisecond) {
		if time.Now().After(end) {
			text, _ := tryEval[string](p, "document.body.innerText")
			p.t.Fatalf("%s (%s): %s. The page says:\n%s", p.address(), p.view, otherwise, tail(plain(text), 1500))
		}
	}
}

// Press presses the link or button with these words.
func (p *Page) Press(words string) {
	p.t.Helper()
	p.do(chromedp.Click(p.element("link or button «"+words+"»", find+".pressed("+quote(words)+")"), chromedp.NodeVisible))
}

// Submit presses the main button of the page's form and waits for the next page.
func (p *Page) Submit() {
	p.t.Helper()
	p.leave("the form's button", p.element("form with a button", `[...document.querySelectorAll('main form button[type=submit], main form button:not([type])')].find(e => e.checkVisibility() && !e.ariaHidden && e.dataset.variant !== 'tertiary')`))
}

// Follow presses the link or button with these words and waits for the page it leads to.
func (p *Page) Follow(words string) {
	p.t.Helper()
	p.leave("«"+words+"»", p.element("link or button «"+words+"»", find+".pressed("+quote(words)+")"))
}

// leave presses what leads to another page and waits for it.
func (p *Page) leave(what string, el chromedp.JSPath) {
	p.t.Helper()
	eval[bool](p, "document.kabinetLeft = true")
	p.do(chromedp.Click(el, chromedp.NodeVisible))
	p.wait(what+" leads to no other page", func() bool {
		loaded, err := tryEval[bool](p, "!document.kabinetLeft && document.readyState === 'complete'")
		return err == nil && loaded
	})
}

// Fill types into the field with this label (or name), in place of what is there.
func (p *Page) Fill(label, text string) {
	p.t.Helper()
	el := p.element("field «"+label+"»", find+".field("+quote(label)+")")
	p.do(chromedp.Focus(el))
	eval[bool](p, "(e => { if (e.select) e.select(); return true })("+string(el)+")")
	if text == "" {
		eval[bool](p, "(e => { e.value = ''; e.dispatchEvent(new Event('input', {bubbles: true})); return true })("+string(el)+")")
		return
	}
	p.do(chromedp.SendKeys(el, text))
}

// Choose ticks the box or takes the choice with this label; for a select the
// words after «/» are the option's: "Регион/Заречная область".
func (p *Page) Choose(label string) {
	p.t.Helper()
	field, option, isSelect := strings.Cut(label, "/")
	el := p.element("choice «"+field+"»", find+".field("+quote(field)+")")
	if !isSelect {
		// The mark itself, unless it is drawn by its label: words of a label may hold a link.
		p.do(chromedp.Click(chromedp.JSPath("(e => e.checkVisibility({opacityProperty: true}) && e.offsetWidth > 4 ? e : e.labels[0])(" + string(el) + ")")))
		return
	}
	eval[bool](p, "((e, words, plain) => { const o = [...e.options].find(o => plain(o.text) === words); e.value = o.value; "+
		"e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})); return true })("+
		string(el)+", "+quote(option)+", "+find+".plain)")
}

// Attach puts files into the file field with this label.
func (p *Page) Attach(label string, files ...string) {
	p.t.Helper()
	for i, f := range files {
		abs, err := filepath.Abs(f)
		if err != nil {
			p.t.Fatal(err)
		}
		files[i] = abs
	}
	// A file field may lie unseen under a drop zone of its label's.
	el := p.element("file field «"+label+"»", find+".field("+quote(label)+")")
	p.do(chromedp.SetUploadFiles(el, files))
}

// Text returns the words of the first element that fits a CSS selector.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	el := p.element(selector, "document.querySelector("+quote(selector)+")")
	return plain(eval[string](p, string(el)+".innerText"))
}

// Value returns what stands in the field with this label (or name).
func (p *Page) Value(label string) string {
	p.t.Helper()
	return eval[string](p, string(p.element("field «"+label+"»", find+".field("+quote(label)+")"))+".value")
}

// Count counts the elements that fit a CSS selector.
func (p *Page) Count(selector string) int {
	p.t.Helper()
	return eval[int](p, "document.querySelectorAll("+quote(selector)+").length")
}

// See waits until the page says these words.
func (p *Page) See(words string) {
	p.t.Helper()
	p.wait("the page does not say «"+words+"»", func() bool { return p.says(words) })
}

// Miss fails when the page says these words.
func (p *Page) Miss(words string) {
	p.t.Helper()
	if p.says(words) {
		p.t.Errorf("%s (%s): the page says «%s»", p.address(), p.view, words)
	}
}

func (p *Page) says(words string) bool {
	text, err := tryEval[string](p, "document.body.innerText")
	return err == nil && strings.Contains(plain(text), plain(words))
}

// Await reloads the page until it says these words: for what happens in the
// background, on pages without script.
func (p *Page) Await(words string) {
	p.t.Helper()
	p.wait("the page does not come to say «"+words+"»", func() bool {
		if p.says(words) {
			return true
		}
		time.Sleep(200 * time.Millisecond)
		p.do(chromedp.Reload())
		return p.says(words)
	})
}

// shots numbers the pictures.
var shots atomic.Int64

// Screenshot keeps a picture of the whole page in out/e2e.
func (p *Page) Screenshot(name string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.t.Logf("no picture: %v", err)
		return
	}
	file := strings.NewReplacer("/", "-", " ", "-", ",", "", "«", "", "»", "").Replace(p.t.Name() + "-" + p.view.String() + "-" + strconv.FormatInt(shots.Add(1), 10) + "-" + name + ".png")
	path := filepath.Join("..", "out", "e2e", file)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, png, 0o644); err != nil {
		p.t.Fatal(err)
	}
	p.t.Logf("picture: out/e2e/%s", file)
}
