package e2e

import (
	"bytes"
	"fmt"
	"image"
	_ "image/png"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// storyViews are how the long stories are told.
var storyViews = []View{{}, {Width: Phone, Lang: "en"}, {Width: Phone, NoScript: true}}

// Proves: E-05
func TestACitizenGetsAnIncomeCertificate(t *testing.T) {
	t.Parallel()
	s := shared(t)
	for _, view := range storyViews {
		t.Run(view.String(), func(t *testing.T) {
			t.Parallel()
			incomeStory(t, s, view, newCitizen())
		})
	}
}

// incomeStory is the whole way, from the first page to the document that anybody can check.
func incomeStory(t *testing.T, s *Stand, view View, c Citizen) {
	p := open(t, s.URL, view)
	p.Register(s, c)
	p.ConfirmEmail(s, c)
	s.known(t, c)
	p.ProveOnline(s, c)
	findIncomeCertificate(p)
	fillIncomeCertificate(p, c)
	number := p.consentAndCode(s, c.Phone)
	card := strings.Split(p.Path(), "?")[0]
	b := p.Requests()
	if receipt := b.Get(card + "/receipt.pdf"); receipt.Header.Get("Content-Type") != "application/pdf" || !strings.Contains(textOf(t, receipt.Body), number) {
		t.Errorf("the receipt is %s without the number %s", receipt.Header.Get("Content-Type"), number)
	}

	if view.NoScript {
		p.Await("Выполнено")
	} else {
		p.See(view.say("Выполнено", "Completed")) // the page follows by itself
	}
	p.element("link to the document", `document.querySelector('main a[href$="?download=1"]')`)
	document := b.Get(eval[string](p, `document.querySelector('main a[href$="?download=1"]').getAttribute('href')`))
	if document.Status != http.StatusOK || document.Header.Get("Content-Type") != "application/pdf" {
		t.Fatalf("the document: %d, %s", document.Status, document.Header.Get("Content-Type"))
	}
	file := filepath.Join(t.TempDir(), "document.pdf")
	if err := os.WriteFile(file, document.Body, 0o600); err != nil {
		t.Fatal(err)
	}
	if out := program(t, "pdfsig", "-nocert", file); !strings.Contains(out, "Signature is Valid.") || !strings.Contains(out, "Total document signed") {
		t.Errorf("pdfsig says:\n%s", out)
	}
	if text := textOf(t, document.Body); !strings.Contains(text, c.Surname) || !strings.Contains(text, "68 400") {
		t.Errorf("the document does not tell the name and the income:\n%s", text)
	}

	anybody := open(t, s.URL, view)
	anybody.Open(strings.TrimPrefix(codeIn(t, file), s.URL))
	anybody.See(view.say("Подлинный", "Genuine"))
	anybody.Miss(c.Surname)

	p.Open("/notices")
	p.See(view.say("Документ готов", "document is ready"))
	if n := p.Count("main [href$='/open']"); n < 3 { // taken, checked, ready
		t.Errorf("%d notices lead somewhere", n)
	}
	s.told(t, c, number)
}

// findIncomeCertificate searches with a slip of the keyboard and opens the form.
func findIncomeCertificate(p *Page) {
	p.t.Helper()
	p.Open("/services")
	p.Fill("q", p.view.say("спрвка о дохдах", "incom certifcate"))
	p.Submit()
	p.Follow(p.view.say("Справка о доходах", "Income certificate"))
	p.Follow(p.view.say("Заполнить заявление", "Fill in the application"))
}

// fillIncomeCertificate types what is wrong first.
func fillIncomeCertificate(p *Page, c Citizen) {
	p.t.Helper()
	p.Next()
	p.wrong("year", "purpose")
	p.Choose("purpose")
	p.Fill("year", "1999")
	p.Next()
	p.wrong("year")
	p.Fill("year", "2025")
	p.Next()

	p.See(c.SNILS[:3]) // what the registers checked is not asked again
	p.Next()
}

// Next presses the button that leads on.
func (p *Page) Next() { p.t.Helper(); p.Follow(p.view.say("Далее", "Next")) }

// wrong fails unless the page names these fields as wrong and no others, each at its place.
func (p *Page) wrong(fields ...string) {
	p.t.Helper()
	got := eval[[]string](p, `[...document.querySelectorAll('.ds-error-summary a')].map(a => {
	  const field = document.getElementById(a.hash.slice(1));
	  return field && a.innerText.trim() ? field.name || field.id : 'a link to nothing: ' + a.hash;
	})`)
	if fmt.Sprint(got) != fmt.Sprint(fields) {
		p.t.Errorf("%s (%s): wrong are %q, not %q", p.address(), p.view, got, fields)
	}
	p.Axe()
}

var numberShape = regexp.MustCompile(`[0-9]{2,}[0-9-]*[0-9]`)

// consentAndCode sends the form from its page of answers and returns the number that is shown.
func (p *Page) consentAndCode(s *Stand, phone string) string {
	p.t.Helper()
	p.Submit()
	p.wrong("consent")
	p.Choose("consent")
	p.Submit()
	p.Fill("code", "000000")
	p.Submit()
	p.wrong("code")
	p.Fill("code", s.SMSCode(p.t, phone))
	p.Submit()
	p.See(p.view.say("Заявление отправлено", "Application sent"))
	number := numberShape.FindString(p.Text("main .ds-alert"))
	if number == "" {
		p.t.Fatalf("no number in %q", p.Text("main .ds-alert"))
	}
	return number
}

// told waits for the letter and the message about an application.
func (s *Stand) told(t *testing.T, c Citizen, number string) {
	t.Helper()
	what := regexp.MustCompile(number)
	s.Mail(t, c.Email, what)
	s.SMS(t, c.Phone, what)
}

// codeIn reads the QR code of a PDF as a telephone does, from a picture.
func codeIn(t *testing.T, file string) string {
	t.Helper()
	// The reader misses a code now and then at one distance and finds it at another, as people do.
	for _, distance := range []string{"150", "200", "110", "250"} {
		pictures := filepath.Join(t.TempDir(), "page")
		program(t, "pdftoppm", "-r", distance, "-png", file, pictures)
		pages, err := filepath.Glob(pictures + "*.png")
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range pages {
			if code := codeOn(t, page); code != "" {
				return code
			}
		}
	}
	t.Fatal("no QR code on the document")
	return ""
}

// codeOn reads the QR code of a picture, "" when none is seen.
func codeOn(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	picture, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		t.Fatal(err)
	}
	code, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		return ""
	}
	return code.GetText()
}

func textOf(t *testing.T, pdf []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "text.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	return plain(program(t, "pdftotext", file, "-"))
}

func program(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func atoi(s string) (n int) {
	for _, d := range s {
		n = 10*n + int(d-'0')
	}
	return n
}
