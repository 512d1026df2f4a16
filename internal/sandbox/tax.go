package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// taxRequest is the body of POST /tax/v1/income-certificates. ИНН, СНИЛС and
// passport may be empty, not all three.
type taxRequest struct {
	RequestID  string      `json:"requestId"`
	INN        string      `json:"inn"`
	SNILS      string      `json:"snils"`
	Surname    string      `json:"surname"`
	Name       string      `json:"name"`
	Patronymic string      `json:"patronymic"`
	BirthDate  string      `json:"birthDate"`
	Passport   taxPassport `json:"passport"`
	Year       int         `json:"year"`
}

type taxPassport struct {
	Series string `json:"series"`
	Number string `json:"number"`
}

// answer is what the register said to a request, kept so that it says it again.
type answer struct {
	RequestID string     `json:"requestId"`
	Time      time.Time  `json:"time"`
	Request   taxRequest `json:"request"`
	Answer    taxAnswer  `json:"answer"`
}

// taxAnswer is the body of the answer 200.
type taxAnswer struct {
	RequestID string     `json:"requestId"`
	Status    string     `json:"status"` // found, not_found, mismatch
	Fields    []string   `json:"fields,omitempty"`
	Agents    []taxAgent `json:"agents,omitzero"`  // nil unless found
	Totals    *taxTotals `json:"totals,omitempty"` // nil unless found
}

// taxAgent is an employer who paid something in the year.
type taxAgent struct {
	Name   string      `json:"name"`
	INN    string      `json:"inn"`
	KPP    string      `json:"kpp"`
	Income []taxIncome `json:"income"`
	taxTotals
}

type taxIncome struct {
	Month   int    `json:"month"` // 1–12
	Code    string `json:"code"`  // 2000 wage, 2002 bonus, 2010 civil contract, 2012 leave pay
	Kopecks int64  `json:"kopecks"`
}

type taxTotals struct {
	IncomeKopecks int64 `json:"incomeKopecks"`
	TaxKopecks    int64 `json:"taxKopecks"` // in full roubles
}

// incomeCertificate is POST /tax/v1/income-certificates.
func (s *Sandbox) incomeCertificate(w http.ResponseWriter, r *http.Request) {
	var q taxRequest
	if !readJSON(w, r, &q) {
		return
	}
	q.INN, q.SNILS = digits(q.INN), digits(q.SNILS)
	q.Passport = taxPassport{digits(q.Passport.Series), digits(q.Passport.Number)}
	now := s.now()
	if wrong := q.wrong(now); wrong != nil {
		writeJSON(w, http.StatusUnprocessableEntity, problem{"bad_request", wrong})
		return
	}
	s.mu.Lock()
	said := s.answerFor[q.RequestID]
	var err error
	if said == nil {
		said = &answer{RequestID: q.RequestID, Time: now.UTC(), Request: q, Answer: s.decide(q, now)}
		err = s.add(record{Answer: said})
	}
	s.mu.Unlock()
	switch {
	case err != nil:
		writeJSON(w, http.StatusInternalServerError, problem{"not_kept", nil})
	case said.Request != q:
		writeJSON(w, http.StatusConflict, problem{"request_id_used_for_another_request", nil})
	default:
		writeJSON(w, http.StatusOK, said.Answer)
	}
}

// wrong names the fields that make no sense.
func (q taxRequest) wrong(now time.Time) (fields []string) {
	check := func(ok bool, field string) {
		if !ok {
			fields = append(fields, field)
		}
	}
	check(q.RequestID != "" && len(q.RequestID) <= 100, "requestId")
	check(q.INN == "" || validINN(q.INN), "inn")
	check(q.SNILS == "" || validSNILS(q.SNILS), "snils")
	check(q.INN != "" || q.SNILS != "" || q.Passport.Number != "", "inn")
	check(strings.TrimSpace(q.Surname) != "", "surname")
	check(strings.TrimSpace(q.Name) != "", "name")
	check(validDate(q.BirthDate), "birthDate")
	check(q.Passport == taxPassport{} || len(q.Passport.Series) == 4 && len(q.Passport.Number) == 6, "passport")
	check(q.Year >= 2016 && q.Year <= now.Year(), "year")
	return slices.Compact(fields)
}

// decide looks the person up by ИНН, else by СНИЛС, else by passport, and
// compares the rest of what was sent. The caller holds s.mu.
func (s *Sandbox) decide(q taxRequest, now time.Time) taxAnswer {
	p := s.payer(q)
	if p == nil {
		return taxAnswer{RequestID: q.RequestID, Status: "not_found"}
	}
	if fields := p.differs(q); fields != nil {
		return taxAnswer{RequestID: q.RequestID, Status: "mismatch", Fields: fields}
	}
	a := taxAnswer{RequestID: q.RequestID, Status: "found", Agents: []taxAgent{}, Totals: &taxTotals{}}
	for _, job := range p.Jobs {
		if agent := job.year(q.Year, now); len(agent.Income) > 0 {
			a.Agents = append(a.Agents, agent)
			a.Totals.IncomeKopecks += agent.IncomeKopecks
			a.Totals.TaxKopecks += agent.TaxKopecks
		}
	}
	return a
}

func (s *Sandbox) payer(q taxRequest) *Payer {
	for _, is := range []func(Person) bool{
		func(p Person) bool { return q.INN != "" && p.INN == q.INN },
		func(p Person) bool { return q.SNILS != "" && p.SNILS == q.SNILS },
		func(p Person) bool {
			return q.Passport.Number != "" && p.PassportSeries == q.Passport.Series && p.PassportNumber == q.Passport.Number
		},
	} {
		if i := slices.IndexFunc(s.people, func(p *Payer) bool { return is(p.Person) }); i >= 0 {
			return s.people[i]
		}
	}
	return nil
}

// differs names the fields of the request that are not as the register has
// them. What either side left empty is not compared, but for the patronymic.
func (p *Payer) differs(q taxRequest) (fields []string) {
	compare := func(field, asked, known string) {
		if asked != known {
			fields = append(fields, field)
		}
	}
	compare("surname", fold(q.Surname), fold(p.Person.Surname))
	compare("name", fold(q.Name), fold(p.Person.Name))
	compare("patronymic", fold(q.Patronymic), fold(p.Person.Patronymic))
	compare("birthDate", q.BirthDate, p.Person.BirthDate)
	if q.INN != "" {
		compare("inn", q.INN, p.Person.INN)
	}
	if q.SNILS != "" {
		compare("snils", q.SNILS, p.Person.SNILS)
	}
	if q.Passport.Number != "" && p.Person.PassportNumber != "" {
		compare("passport", q.Passport.Series+q.Passport.Number, p.Person.PassportSeries+p.Person.PassportNumber)
	}
	return fields
}

// fold makes spellings of a name alike: case, ё, spaces around and inside.
func fold(name string) string {
	name = strings.ReplaceAll(strings.ToLower(name), "ё", "е")
	return strings.Join(strings.Fields(name), " ")
}

// year returns what the job paid in the year's months that are over.
func (j Job) year(year int, now time.Time) taxAgent {
	i := slices.IndexFunc(firms, func(f firm) bool { return f.inn == j.Firm })
	if i < 0 {
		return taxAgent{}
	}
	agent := taxAgent{Name: firms[i].name, INN: firms[i].inn, KPP: firms[i].kpp}
	for month := 1; month <= 12; month++ {
		at := fmt.Sprintf("%04d-%02d", year, month)
		if at < j.From || j.To != "" && at > j.To || at >= now.Format("2006-01") {
			continue
		}
		agent.Income = append(agent.Income, j.month(month)...)
	}
	for _, in := range agent.Income {
		agent.IncomeKopecks += in.Kopecks
	}
	agent.TaxKopecks = incomeTax(year, agent.IncomeKopecks)
	return agent
}

func (j Job) month(month int) []taxIncome {
	switch {
	case j.Treaty && month%4 == 0:
		return []taxIncome{{month, "2010", j.Pay}}
	case j.Treaty:
		return nil
	case month == 7: // half of July is leave
		return []taxIncome{{month, "2000", j.Pay / 2}, {month, "2012", j.Pay - j.Pay/2}}
	case month == 12:
		return []taxIncome{{month, "2000", j.Pay}, {month, "2002", j.Pay / 2}}
	default:
		return []taxIncome{{month, "2000", j.Pay}}
	}
}

// incomeTax returns the tax an employer keeps of a resident's wage of a year,
// rounded to the rouble, deductions left out. Source: Tax Code 224.1, 52.6.
func incomeTax(year int, income int64) int64 {
	type step struct{ upTo, percent int64 } // roubles; 0: without end
	scale := []step{{0, 13}}
	switch {
	case year >= 2025:
		scale = []step{{2_400_000, 13}, {5_000_000, 15}, {20_000_000, 18}, {50_000_000, 20}, {0, 22}}
	case year >= 2021:
		scale = []step{{5_000_000, 13}, {0, 15}}
	}
	var tax, from int64 // tax in hundredths of a kopeck
	for _, st := range scale {
		to := st.upTo * 100
		if st.upTo == 0 || income < to {
			to = income
		}
		if to > from {
			tax += (to - from) * st.percent
			from = to
		}
	}
	return (tax + 5000) / 10000 * 100
}
