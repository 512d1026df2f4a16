package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (s *Sandbox) taxPage(w http.ResponseWriter, r *http.Request) {
	all := s.Payers()
	slices.Reverse(all)
	s.show(w, r, http.StatusOK, "tax", PartnerTax, "tax.title", all[:min(len(all), shown)])
}

// payerField is a field of the form, with what was typed.
type payerField struct {
	Name     string
	Value    string
	Type     string // of the input
	Optional bool
	Hint     bool   // there is a text payer.NAME_hint
	Wrong    string // key of the text; "" when fine
}

// payerForm is the form for a person of the register.
type payerForm struct {
	ID     string // "" for a new one
	Saved  bool
	Wrong  []payerField // those that were refused
	Fields []payerField
	Jobs   string // 0, 1, 2: how many employers
	Pay    payerField
}

func newPayerForm(p Payer, value func(name, saved string) string) payerForm {
	field := func(name, saved, kind string, optional, hint bool) payerField {
		return payerField{Name: name, Value: strings.TrimSpace(value(name, saved)), Type: kind, Optional: optional, Hint: hint}
	}
	pay := ""
	if len(p.Jobs) > 0 {
		pay = strings.ReplaceAll(roubles(p.Jobs[0].Pay), "\u00a0", "")
	}
	return payerForm{
		ID: p.ID,
		Fields: []payerField{
			field("surname", p.Person.Surname, "text", false, false),
			field("name", p.Person.Name, "text", false, false),
			field("patronymic", p.Person.Patronymic, "text", true, false),
			field("birth_date", p.Person.BirthDate, "date", false, false),
			field("inn", p.Person.INN, "text", true, true),
			field("snils", p.Person.SNILS, "text", true, true),
			field("passport", p.Person.PassportSeries+p.Person.PassportNumber, "text", true, true),
		},
		Jobs: value("jobs", strconv.Itoa(min(len(p.Jobs), 2))),
		Pay:  field("pay", pay, "text", true, true),
	}
}

// payer reads the form into p and returns it, or marks what is wrong.
func (f *payerForm) payer(p Payer, now time.Time) Payer {
	for i := range f.Fields {
		field := &f.Fields[i]
		switch v := field.Value; {
		case v == "" && !field.Optional:
			field.Wrong = "payer.empty"
		case v == "":
		case len([]rune(v)) > 100:
			field.Wrong = "payer.too_long"
		case field.Name == "birth_date" && (!validDate(v) || v > now.Format(time.DateOnly)):
			field.Wrong = "payer.bad_date"
		case field.Name == "inn" && !validINN(digits(v)):
			field.Wrong = "payer.bad_inn"
		case field.Name == "snils" && !validSNILS(digits(v)):
			field.Wrong = "payer.bad_snils"
		case field.Name == "passport" && len(digits(v)) != 10:
			field.Wrong = "payer.bad_passport"
		}
	}
	pay, ok := parseRoubles(f.Pay.Value)
	if f.Jobs != "0" && (!ok || pay < 1 || pay > 100_000_000_00) {
		f.Pay.Wrong = "payer.bad_pay"
	}
	f.mark()
	p.Person.Surname, p.Person.Name, p.Person.Patronymic = f.Fields[0].Value, f.Fields[1].Value, f.Fields[2].Value
	p.Person.BirthDate, p.Person.INN, p.Person.SNILS = f.Fields[3].Value, digits(f.Fields[4].Value), digits(f.Fields[5].Value)
	p.Person.PassportSeries, p.Person.PassportNumber = "", ""
	if passport := digits(f.Fields[6].Value); len(passport) == 10 {
		p.Person.PassportSeries, p.Person.PassportNumber = passport[:4], passport[4:]
	}
	p.Jobs = f.jobs(p.Jobs, pay, now)
	return p
}

// jobs returns the employers asked for. Jobs that are there stay as long as
// their number and the first one's pay are left alone.
func (f *payerForm) jobs(known []Job, pay int64, now time.Time) []Job {
	if f.Jobs == strconv.Itoa(min(len(known), 2)) && (len(known) == 0 || known[0].Pay == pay) {
		return known
	}
	from := fmt.Sprintf("%d-01", now.Year()-3)
	both := []Job{{Firm: firms[0].inn, From: from, Pay: pay}, {Firm: firms[2].inn, From: from, Pay: (pay + 1) / 2}}
	switch f.Jobs {
	case "1":
		return both[:1]
	case "2":
		return both
	default:
		return nil
	}
}

// mark collects the fields that are wrong, for the summary above the form.
func (f *payerForm) mark() {
	f.Wrong = nil
	for _, field := range append(slices.Clone(f.Fields), f.Pay) {
		if field.Wrong != "" {
			f.Wrong = append(f.Wrong, field)
		}
	}
}

// parseRoubles reads a sum like «68 400,50» into kopecks.
func parseRoubles(v string) (kopecks int64, ok bool) {
	v = strings.NewReplacer(" ", "", "\u00a0", "", ",", ".").Replace(v)
	whole, part, _ := strings.Cut(v, ".")
	r, err := strconv.ParseInt(whole, 10, 40)
	if err != nil || r < 0 || len(part) > 2 || digits(part) != part {
		return 0, false
	}
	k, _ := strconv.Atoi((part + "00")[:2])
	return r*100 + int64(k), true
}

// payerOf returns the person that the path names; a new one for …/new.
func (s *Sandbox) payerOf(r *http.Request) (Payer, bool) {
	id := r.PathValue("id")
	if id == "" {
		return Payer{}, true
	}
	all := s.Payers()
	i := slices.IndexFunc(all, func(p Payer) bool { return p.ID == id })
	if i < 0 {
		return Payer{}, false
	}
	return all[i], true
}

func (s *Sandbox) payerPage(w http.ResponseWriter, r *http.Request) {
	p, ok := s.payerOf(r)
	if !ok {
		s.missingPage(w, r)
		return
	}
	form := newPayerForm(p, func(_, saved string) string { return saved })
	if p.ID == "" {
		form.Jobs = "1"
	}
	form.Saved = r.URL.Query().Get("saved") != ""
	s.show(w, r, http.StatusOK, "payer", PartnerTax, payerTitle(p), form)
}

func payerTitle(p Payer) string {
	if p.ID == "" {
		return "payer.new"
	}
	return "payer.edit"
}

func (s *Sandbox) postPayer(w http.ResponseWriter, r *http.Request) {
	known, ok := s.payerOf(r)
	if !ok {
		s.missingPage(w, r)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	form := newPayerForm(known, func(name, _ string) string { return r.PostFormValue(name) })
	p := form.payer(known, s.now())
	if form.Wrong == nil {
		saved, taken, err := s.savePayer(p)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if taken == nil {
			http.Redirect(w, r, withLang("/tax/people/"+saved.ID+"?saved=1", langOf(r)), http.StatusSeeOther)
			return
		}
		for i := range form.Fields {
			if slices.Contains(taken, form.Fields[i].Name) {
				form.Fields[i].Wrong = "payer.taken"
			}
		}
		form.mark()
	}
	s.show(w, r, http.StatusUnprocessableEntity, "payer", PartnerTax, payerTitle(known), form)
}
