package outside

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/consent"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// checked is the value of a box that is ticked.
const checked = "on"

// arrivalView is a page of somebody who arrived.
type arrivalView struct {
	standing
	ID                                  string
	Provider                            Provider
	Said                                Said
	SignedIn                            bool
	Known                               bool // linked already, the consent is over
	Text                                consent.Document
	Values                              consent.Values
	Agree, Phone, Code, Data, Signature web.Field
	Step                                account.Step
	Wait                                int // seconds until a new code may be asked for
	Notice                              i18n.Text
}

func (v *arrivalView) form() {
	v.Agree = web.Field{Name: "agree", Label: i18n.K("outside.agree"), Missing: i18n.K("outside.agree_missing")}
	v.Phone = web.Field{Name: "phone", Label: i18n.K("outside.phone"), Hint: i18n.K("outside.phone_hint"), Missing: i18n.K("outside.phone_missing"), Max: 40,
		Check: func(typed string) i18n.Text {
			if _, ok := account.ParsePhone(typed); !ok {
				return i18n.K("outside.phone_wrong")
			}
			return i18n.Text{}
		}}
	v.Code = web.Field{Name: "code", Label: i18n.K("outside.code"), Missing: i18n.K("outside.code_missing"), Max: 20}
	v.Data = web.Field{Name: "consent", Label: i18n.K("account.consent_data"), Missing: i18n.K("account.consent_missing")}
	v.Signature = web.Field{Name: "consent_signature", Label: i18n.K("account.consent_signature"), Optional: true}
}

func (v *arrivalView) wait(now time.Time) {
	v.Wait = int(min(max(v.Step.ResendAt.Sub(now), 0), account.CodeResend) / time.Second)
}

// consents are what the person agreed to besides.
func (v *arrivalView) consents() (all []string) {
	if v.Data.Value == checked {
		all = append(all, account.ConsentData)
	}
	if v.Signature.Value == checked {
		all = append(all, account.ConsentSignature)
	}
	return all
}

func (v *arrivalView) path(step string) string { return "/outside/new/" + v.ID + "/" + step }

func (v *arrivalView) title() i18n.Text {
	return i18n.K("outside.title_"+string(v.stage), "title", v.Provider.Title)
}

// fields are all of the pages, for their summaries.
func (v *arrivalView) fields() []*web.Field {
	return []*web.Field{&v.Agree, &v.Phone, &v.Code, &v.Data, &v.Signature}
}

// tell puts an error where it belongs on the page and returns its status; false
// when the page is not the place for it.
func (v *arrivalView) tell(err error) (status int, ok bool) {
	miss := &account.WrongCode{}
	switch {
	case errors.As(err, &miss):
		v.Code.Error = i18n.K("account.code_left", "n", miss.Left)
		return http.StatusUnprocessableEntity, true
	case errors.Is(err, account.ErrCodeOver):
		v.Code.Error = i18n.K("account.code_over")
		return http.StatusUnprocessableEntity, true
	}
	if f := fault.Of(err); f.Kind == fault.TooMany || f.Kind == fault.Invalid {
		v.Notice = i18n.K(f.Text)
		return web.Status(err), true
	}
	return 0, false
}

// data is what the provider passes on, for the person to compare.
func (v *arrivalView) data(ctx context.Context) []ui.Pair {
	p := v.Said.Person
	pairs := []ui.Pair{{Label: i18n.K("person.fio"), Value: p.FullName()}}
	add := func(label, value string) {
		if value != "" {
			pairs = append(pairs, ui.Pair{Label: i18n.K(label), Value: value})
		}
	}
	if t, err := time.Parse(time.DateOnly, p.BirthDate); err == nil {
		add("person.birth_date", i18n.DateFull(ctx, t.Add(12*time.Hour))) // noon is the same day in every zone of Russia
	}
	if v.Said.Phone != "" {
		add("person.phone", i18n.MaskPhone(v.Said.Phone))
	}
	if v.Said.Email != "" {
		add("person.email", i18n.MaskEmail(v.Said.Email))
	}
	return pairs
}

// troublePage tells what went wrong on the way.
type troublePage struct {
	Provider i18n.Words
	Text     string   // message key
	Fields   []string // message keys of what differs
	Retry    bool
	SignedIn bool
}

type scanPage struct {
	ID, Code, URL string
	Provider      Provider
	Until         time.Time
	Failed        string // message key
	Ready         bool
}

func (p *scanPage) path() string { return "/outside/scan/" + p.Provider.ID + "/" + p.ID }

type settingsPage struct {
	Linked []linkedRow
	Free   []Provider
	Done   string
}

type linkedRow struct {
	Link
	Title i18n.Words
	Icon  string
}

func (p *settingsPage) has(provider string) bool {
	return slices.ContainsFunc(p.Linked, func(l linkedRow) bool { return l.Provider == provider })
}

// notice is what is said after something was done.
func (p *settingsPage) notice() (ui.Tone, i18n.Text) {
	switch p.Done {
	case "linked", "unlinked":
		return ui.Success, i18n.K("outside.done_" + p.Done)
	case "refused":
		return ui.Info, i18n.K("outside.done_refused")
	case "last":
		return ui.Danger, i18n.K("outside.last_way")
	}
	return "", i18n.Text{}
}

func (s *Service) icon(provider string) string {
	if p, err := s.provider(provider); err == nil {
		return p.Icon
	}
	return "log-in"
}

func words(w i18n.Words) i18n.Text { return i18n.Text{Words: w} }

// Ways are the outside sign-ins as the pages of sign-in and registration show
// them.
func (s *Service) Ways(context.Context) (list []account.WayIn) {
	for i, p := range s.providers {
		order := account.OrderOutside + i
		if p.Kind == ESIA {
			order = account.OrderESIA
		}
		list = append(list, account.WayIn{Text: i18n.K("outside.way", "title", p.Title), Icon: p.Icon, Order: order, Href: "/outside/to/" + p.ID, Register: "/outside/to/" + p.ID,
			Needs: i18n.K("outside.needs_" + string(p.Kind)), Gives: p.gives()})
		if p.scan != nil {
			list = append(list, account.WayIn{Text: i18n.K("outside.way_scan", "title", p.Title), Icon: "qr-code", Order: order, Href: "/outside/scan/" + p.ID})
		}
	}
	if len(list) > 0 {
		list = append(list, account.WayIn{Text: i18n.K("outside.settings"), Icon: "log-in", Order: account.OrderOutside, Settings: "/settings/outside", Needs: i18n.K("outside.settings_lead")})
	}
	return list
}

// local returns the path of an address of this portal, "" for any other.
func local(address, portal string) string {
	path, ok := strings.CutPrefix(address, portal)
	if !ok {
		return ""
	}
	return web.Local(path, "")
}
