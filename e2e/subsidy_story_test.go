package e2e

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestACitizenAsksForASubsidyAndAClerkDecides(t *testing.T) {
	t.Parallel()
	s := shared(t)
	for i, view := range storyViews {
		approve := i != 1
		t.Run(view.String(), func(t *testing.T) {
			t.Parallel()
			subsidyStory(t, s, view, newCitizen(), approve)
		})
	}
}

const refusal = "Квитанция за сентябрь, а нужна за октябрь."

// subsidyStory is a service that people decide: the form with a file, the
// clerk's question, the answer, the decision.
func subsidyStory(t *testing.T, s *Stand, view View, c Citizen, approve bool) {
	v := newVisitor(t, s)
	v.Register(c)
	v.Profile(c)
	bill := picture(t, "квитанция.png")

	p := open(t, s.URL, view)
	p.SignIn(s, c.Phone, aPassword)
	p.Open("/services/housing-subsidy/apply")
	p.fillSubsidy(bill)
	number := p.consentAndCode(s, c.Phone)
	card := strings.Split(p.Path(), "?")[0]

	clerk := open(t, s.URL, view)
	clerk.clerkSignsIn(s)
	clerk.Open("/desk/queue?view=common")
	clerk.Follow(number)
	clerk.See(c.Surname)
	clerk.Follow(view.say("Взять в работу", "Take the case"))
	clerk.decide("ask", "Пришлите, пожалуйста, квитанцию за октябрь.")

	p.Open(card)
	p.See(view.say("Требуется уточнение", "Needs your answer"))
	p.See("Пришлите, пожалуйста, квитанцию за октябрь.")
	p.Submit() // with nothing
	if n := p.Count(".ds-error-summary a"); n != 1 {
		t.Errorf("an empty answer has %d errors", n)
	}
	p.Fill("text", "Прикладываю квитанцию.")
	p.Attach("file", picture(t, "октябрь.png"))
	p.Submit()
	if n := p.Count("textarea[name=text]"); n != 0 {
		t.Error("the answered question is still asked")
	}

	clerk.Open("/desk/queue?view=mine")
	clerk.Follow(number)
	clerk.See("октябрь.png")
	if !approve {
		clerk.decide("refuse", "")
		clerk.wrong("note")
		clerk.decide("refuse", refusal)
		p.Open(card)
		p.See(view.say("Отклонено", "Refused"))
		p.See(refusal)
	} else {
		clerk.decide("approve", "")
		p.Open(card)
		p.Await(view.say("Выполнено", "Completed"))
		if file := p.Requests().Get(eval[string](p, `document.querySelector('main a[href$="?download=1"]').getAttribute('href')`)); !bytes.HasPrefix(file.Body, []byte("%PDF-")) {
			t.Errorf("the decision is no PDF: %d, %s", file.Status, file.Header.Get("Content-Type"))
		}
	}
	p.Open("/activity")
	p.See(view.say("Сотрудник открыл заявление", "A clerk opened the application"))
	p.See("Ефимова")
}

// fillSubsidy fills in the four steps with a file.
func (p *Page) fillSubsidy(bill string) {
	p.t.Helper()
	p.Next() // what the profile knows is there
	p.Next()
	p.wrong("housing", "area", "ownership")
	p.Pick("housing", "flat")
	p.Fill("area", "54,3")
	p.Pick("ownership", "own")
	p.Next()
	p.Fill("people", "3")
	p.Fill("income", "30 000")
	p.Fill("costs", "много")
	p.Pick("debt", "no")
	p.Next()
	p.wrong("costs", "bills")
	p.Fill("costs", "9 000")
	p.Attach("bills", bill)
	if !p.view.NoScript {
		p.See(filepath.Base(bill)) // it goes up at once
	}
	p.Next()
	p.Fill("account.bik", "049900001")
	p.Fill("account.account", "40817810600000000002")
	p.Choose("true_data")
	p.Next()
	p.See(filepath.Base(bill))
}

// Pick takes the choice with this value of the field with this name.
func (p *Page) Pick(name, value string) {
	p.t.Helper()
	p.do(chromedp.Click(p.element(name+"="+value, `document.querySelector('[name="`+name+`"][value="`+value+`"]')`)))
}

func (p *Page) clerkSignsIn(s *Stand) {
	p.t.Helper()
	s.desk.Lock()
	defer s.desk.Unlock()
	p.SignIn(s, clerkPhone, demoPassword)
}

// decide sends the form of a case.
func (p *Page) decide(what, words string) {
	p.t.Helper()
	p.Pick("do", what)
	p.Fill("note", words)
	p.Follow(p.view.say("Отправить решение", "Send"))
}

// picture makes a file that the portal takes.
func picture(t *testing.T, name string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, pngBytes(t), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func pngBytes(t *testing.T) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 120, 160))
	for i := range img.Pix {
		img.Pix[i] = color.Gray{Y: uint8(i % 251)}.Y
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
