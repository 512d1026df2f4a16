package account

import (
	"context"
	"slices"
	"time"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

type registerEmailForm struct {
	Email  web.Field
	Notice notice
}

func newRegisterEmailForm() registerEmailForm {
	return registerEmailForm{Email: web.Field{Name: "email", Label: i18n.K("account.email"), Hint: i18n.K("account.register_email_hint"), Missing: i18n.K("account.email_missing"), Check: checkEmail, Max: 254}}
}

// letterPage says that a letter was sent.
type letterPage struct {
	To     string // as typed by the person: the page says the same to all
	Path   string
	Wait   int // seconds until another may be asked for
	Notice notice
}

// contactsForm is the page of contacts.
type contactsForm struct {
	Account             Account
	Book                ContactBook
	Phone, Email, Other web.Field
	Ask                 bool // whether the contacts are right
	Notice              notice
}

func newContactsForm() contactsForm {
	return contactsForm{
		Phone: web.Field{Name: "phone", Label: i18n.K("account.phone"), Hint: i18n.K("account.contacts_phone_hint"), Check: checkPhone, Optional: true, Max: 40},
		Email: web.Field{Name: "email", Label: i18n.K("account.email"), Hint: i18n.K("account.contacts_email_hint"), Check: checkEmail, Optional: true, Max: 254},
		Other: web.Field{Name: "other", Label: i18n.K("account.contact_other"), Hint: i18n.K("account.contact_other_hint"), Optional: true, Max: 300},
	}
}

// of returns the contacts of a kind.
func (f *contactsForm) of(k Kind) (list []Contact) {
	for _, c := range f.Book.Contacts {
		if c.Kind == k {
			list = append(list, c)
		}
	}
	return list
}

// waiting reports whether a code is still to be typed.
func (f *contactsForm) waiting() bool {
	return slices.ContainsFunc(f.Book.Contacts, func(c Contact) bool { return !c.Confirmed })
}

// shown is the contact as people write it.
func (c Contact) shown() string { return Login{c.Kind, c.Value}.String() }

func (c Contact) title() i18n.Text {
	s := c.shown()
	return i18n.Words{RU: s, EN: s}.Text()
}

func (c Contact) icon() string {
	if c.Kind == Email {
		return "mail"
	}
	return "smartphone"
}

// tag is what part the contact plays.
func (c Contact) tag() ui.Tag {
	switch {
	case !c.Confirmed:
		return ui.Tag{Text: i18n.K("account.contact_waits"), Tone: ui.Warning}
	case c.Main:
		return ui.Tag{Text: i18n.K("account.contact_is_main"), Tone: ui.Success}
	case c.Reserve:
		return ui.Tag{Text: i18n.K("account.contact_is_reserve"), Tone: ui.Info}
	}
	return ui.Tag{Text: i18n.K("account.contact_is_plain"), Tone: ui.Neutral}
}

// contactAct is a button beside a contact.
type contactAct struct {
	act    string
	text   string // message key
	danger bool
}

// acts are what can be done with a contact of a list: the only confirmed one of
// its kind cannot be removed.
func (c Contact) acts(all []Contact) (list []contactAct) {
	if c.Confirmed && !c.Main {
		list = append(list, contactAct{"main", "account.contact_make_main", false})
		if c.Kind == Phone && !c.Reserve {
			list = append(list, contactAct{"reserve", "account.contact_make_reserve", false})
		}
		if c.Reserve {
			list = append(list, contactAct{"plain", "account.contact_make_plain", false})
		}
	}
	others := slices.ContainsFunc(all, func(o Contact) bool { return o.Confirmed && o.ID != c.ID })
	if c.Confirmed && !others {
		return list
	}
	return append(list, contactAct{"removed", "account.contact_remove", true})
}

// checkedText says when the holder last found the contacts right.
func (f *contactsForm) checkedText(ctx context.Context) i18n.Text {
	if f.Book.Checked.IsZero() {
		return i18n.K("account.contacts_never")
	}
	return i18n.K("account.contacts_checked", "day", i18n.DateFull(ctx, f.Book.Checked))
}

// contactCode is the code of one contact.
type contactCode struct {
	Contact Contact
	Code    web.Field
	Sent    bool // a code is on its way
	Wait    int  // seconds until another may be asked for
}

// contactCodesForm asks for the codes of the contacts that wait for one.
type contactCodesForm struct {
	Codes  []contactCode
	Notice notice
}

func newContactCodesForm(r ContactBook, now time.Time) (f contactCodesForm) {
	for _, c := range r.Contacts {
		if c.Confirmed {
			continue
		}
		label := i18n.K("account.contact_code_phone", "to", c.shown())
		if c.Kind == Email {
			label = i18n.K("account.contact_code_email", "to", c.shown())
		}
		f.Codes = append(f.Codes, contactCode{Contact: c, Sent: !c.ResendAt.IsZero(),
			Code: web.Field{Name: "code_" + c.ID, Label: label, Optional: true, Max: 20},
			Wait: int(min(max(c.ResendAt.Sub(now), 0), CodeResend) / time.Second)})
	}
	return f
}

func (f *contactCodesForm) fields() (list []*web.Field) {
	for i := range f.Codes {
		list = append(list, &f.Codes[i].Code)
	}
	return list
}

// dropConfirmed leaves the contacts whose code was wrong or not typed.
func (f *contactCodesForm) dropConfirmed() {
	f.Codes = slices.DeleteFunc(f.Codes, func(c contactCode) bool { return c.Code.Value != "" && c.Code.Error.IsZero() })
}
