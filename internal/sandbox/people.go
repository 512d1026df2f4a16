package sandbox

import (
	"fmt"
	"slices"
	"time"
)

// Person is an invented citizen. The demonstration registers these people at
// the portal; the tax register knows them by the same numbers.
type Person struct {
	Surname        string `json:"surname"`
	Name           string `json:"name"`
	Patronymic     string `json:"patronymic,omitempty"` // "" when there is none
	BirthDate      string `json:"birthDate"`            // 1991-03-14
	Sex            string `json:"sex"`                  // "f" or "m"
	PassportSeries string `json:"passportSeries,omitempty"`
	PassportNumber string `json:"passportNumber,omitempty"`
	IssuedBy       string `json:"issuedBy,omitempty"`
	IssuedOn       string `json:"issuedOn,omitempty"`     // 2011-03-20
	DivisionCode   string `json:"divisionCode,omitempty"` // 6 digits
	SNILS          string `json:"snils"`                  // 11 digits
	INN            string `json:"inn"`                    // 12 digits
	Phone          string `json:"phone,omitempty"`        // E.164
	Email          string `json:"email,omitempty"`
	Address        string `json:"address,omitempty"`
}

const issuer = "Отделом по вопросам миграции г. Верхнереченска Заречной области"

// People are the invented citizens that are always there, one of every kind
// the services meet. Read only.
var People = []Person{
	// One employer all the time.
	{
		Surname: "Соколова", Name: "Марина", Patronymic: "Андреевна", BirthDate: "1991-03-14", Sex: "f",
		PassportSeries: "0000", PassportNumber: "123456", IssuedBy: issuer, IssuedOn: "2011-03-20", DivisionCode: "990001",
		SNILS: "99900000115", INN: "000000122390", Phone: "+79000001234", Email: "sokolova@example.test",
		Address: "Заречная область, г. Верхнереченск, ул. Садовая, д. 12, кв. 7",
	},
	// Three employers at once.
	{
		Surname: "Кузнецов", Name: "Дмитрий", Patronymic: "Олегович", BirthDate: "1984-11-02", Sex: "m",
		PassportSeries: "0004", PassportNumber: "220415", IssuedBy: issuer, IssuedOn: "2004-11-19", DivisionCode: "990001",
		SNILS: "99900000216", INN: "000000122464", Phone: "+79000000002", Email: "kuznetsov@example.test",
		Address: "Заречная область, г. Верхнереченск, наб. Тихая, д. 3, кв. 41",
	},
	// A student without income.
	{
		Surname: "Лебедева", Name: "Анна", Patronymic: "Сергеевна", BirthDate: "2004-07-25", Sex: "f",
		PassportSeries: "0024", PassportNumber: "340178", IssuedBy: issuer, IssuedOn: "2024-08-06", DivisionCode: "990002",
		SNILS: "99900000317", INN: "000000122538", Phone: "+79000000003", Email: "lebedeva@example.test",
		Address: "Заречная область, г. Верхнереченск, ул. Студенческая, д. 1, комн. 214",
	},
	// A name with ё and with a hyphen.
	{
		Surname: "Орлова-Берёзкина", Name: "Алёна", Patronymic: "Игоревна", BirthDate: "1995-01-09", Sex: "f",
		PassportSeries: "0015", PassportNumber: "518302", IssuedBy: issuer, IssuedOn: "2015-01-27", DivisionCode: "990002",
		SNILS: "99900000418", INN: "000000122601", Phone: "+79000000004", Email: "orlova@example.test",
		Address: "Заречная область, пос. Ёлкино, ул. Лесная, д. 5",
	},
	// No patronymic; changed the employer in the middle of 2025.
	{
		Surname: "Ким", Name: "Виктор", BirthDate: "1988-05-30", Sex: "m",
		PassportSeries: "0008", PassportNumber: "904417", IssuedBy: issuer, IssuedOn: "2008-06-17", DivisionCode: "990001",
		SNILS: "99900000519", INN: "000000122785", Phone: "+79000000005", Email: "kim@example.test",
		Address: "Заречная область, г. Верхнереченск, ул. Речная, д. 18, корп. 2, кв. 96",
	},
	// Earns enough for the higher rates of the tax.
	{
		Surname: "Громов", Name: "Артём", Patronymic: "Павлович", BirthDate: "1979-09-17", Sex: "m",
		PassportSeries: "0024", PassportNumber: "771203", IssuedBy: issuer, IssuedOn: "2024-10-08", DivisionCode: "990001",
		SNILS: "99900000620", INN: "000000122859", Phone: "+79000000006", Email: "gromov@example.test",
		Address: "Заречная область, г. Верхнереченск, пр-т Мостовой, д. 40, кв. 12",
	},
	// A pensioner with work by contract now and then.
	{
		Surname: "Ефимов", Name: "Николай", Patronymic: "Степанович", BirthDate: "1951-12-21", Sex: "m",
		PassportSeries: "0003", PassportNumber: "115590", IssuedBy: issuer, IssuedOn: "2003-02-04", DivisionCode: "990003",
		SNILS: "99900000721", INN: "000000122922", Phone: "+79000000007", Email: "efimov@example.test",
		Address: "Заречная область, с. Заборье, ул. Полевая, д. 27",
	},
	// Worked until a child was born in 2025.
	{
		Surname: "Щеглова", Name: "Юлия", Patronymic: "Маратовна", BirthDate: "1998-04-03", Sex: "f",
		PassportSeries: "0018", PassportNumber: "603341", IssuedBy: issuer, IssuedOn: "2018-04-24", DivisionCode: "990003",
		SNILS: "99900000822", INN: "000000123027", Phone: "+79000000008", Email: "shcheglova@example.test",
		Address: "Заречная область, г. Верхнереченск, ул. Вишнёвая, д. 9, кв. 30",
	},
}

// firm is an invented employer.
type firm struct{ name, inn, kpp string }

var firms = []firm{
	{"ООО «Верхнереченский хлебозавод»", "0000000113", "990001001"},
	{"МБОУ «Школа № 5 г. Верхнереченска»", "0000000120", "990001002"},
	{"ООО «Заречье-Проект»", "0000000138", "990001003"},
	{"АО «Верхнереченские электросети»", "0000000145", "990001004"},
	{"ООО «Городской центр переводов»", "0000000152", "990001005"},
}

// Job is what an employer pays a person and reports to the register.
type Job struct {
	Firm   string `json:"firm"`             // ИНН of one of the firms
	From   string `json:"from"`             // first month, 2019-03
	To     string `json:"to,omitempty"`     // last month; "" while it lasts
	Pay    int64  `json:"pay"`              // kopecks a month before tax
	Treaty bool   `json:"treaty,omitempty"` // paid by a civil contract, three times a year
}

// Payer is a person the tax register knows.
type Payer struct {
	ID     string `json:"id"`
	Person Person `json:"person"`
	Jobs   []Job  `json:"jobs"`
}

func samplePayers() []*Payer {
	jobs := [][]Job{
		{{Firm: firms[1].inn, From: "2019-03", Pay: 68_400_00}},
		{
			{Firm: firms[2].inn, From: "2018-09", Pay: 112_000_00},
			{Firm: firms[3].inn, From: "2021-02", Pay: 37_250_50},
			{Firm: firms[4].inn, From: "2022-10", Pay: 24_000_00, Treaty: true},
		},
		nil,
		{{Firm: firms[4].inn, From: "2020-06", Pay: 73_900_00}},
		{{Firm: firms[0].inn, From: "2016-01", To: "2025-06", Pay: 59_300_00}, {Firm: firms[3].inn, From: "2025-07", Pay: 81_700_00}},
		{{Firm: firms[2].inn, From: "2012-04", Pay: 545_000_00}},
		{{Firm: firms[1].inn, From: "2014-09", Pay: 18_500_00, Treaty: true}},
		{{Firm: firms[0].inn, From: "2020-08", To: "2025-09", Pay: 52_600_00}},
	}
	payers := make([]*Payer, len(People))
	for i, p := range People {
		payers[i] = &Payer{ID: fmt.Sprint(i + 1), Person: p, Jobs: jobs[i]}
	}
	return payers
}

// Payers returns everybody the register knows, in the order of being added.
func (s *Sandbox) Payers() []Payer {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Payer, len(s.people))
	for i, p := range s.people {
		all[i] = *p
	}
	return all
}

// savePayer adds a person, or changes the one with this ID. Numbers that are
// empty are made up; taken names the fields whose number another person has.
func (s *Sandbox) savePayer(p Payer) (saved Payer, taken []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.people {
		if other.ID == p.ID {
			continue
		}
		if p.Person.INN != "" && p.Person.INN == other.Person.INN {
			taken = append(taken, "inn")
		}
		if p.Person.SNILS != "" && p.Person.SNILS == other.Person.SNILS {
			taken = append(taken, "snils")
		}
	}
	if taken != nil {
		return p, taken, nil
	}
	last := s.lastPayer()
	if p.ID == "" {
		p.ID = fmt.Sprint(last + 1)
	}
	// The samples use up the serial numbers below 200; nobody else has these.
	for n := 200 + last; p.Person.INN == "" || s.hasINN(p.ID, p.Person.INN); n++ {
		p.Person.INN = checkedINN(n)
	}
	for n := 200 + last; p.Person.SNILS == "" || s.hasSNILS(p.ID, p.Person.SNILS); n++ {
		p.Person.SNILS = checkedSNILS(n)
	}
	return p, nil, s.add(record{Person: &p})
}

func (s *Sandbox) lastPayer() (last int) {
	for _, p := range s.people {
		var n int
		_, _ = fmt.Sscan(p.ID, &n) // 0 when it is no number
		last = max(last, n)
	}
	return last
}

func (s *Sandbox) hasINN(id, inn string) bool {
	return slices.ContainsFunc(s.people, func(p *Payer) bool { return p.ID != id && p.Person.INN == inn })
}

func (s *Sandbox) hasSNILS(id, snils string) bool {
	return slices.ContainsFunc(s.people, func(p *Payer) bool { return p.ID != id && p.Person.SNILS == snils })
}

// checkedINN returns the nth invented ИНН: region 00 is nobody's.
func checkedINN(n int) string {
	body := fmt.Sprintf("%010d", 1_000_000+n)
	body += innDigit(body, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
	return body + innDigit(body, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
}

// checkedSNILS returns the nth invented СНИЛС: numbers this high were not given out.
func checkedSNILS(n int) string {
	body := fmt.Sprintf("%09d", 999_000_000+n)
	return body + snilsKey(body)
}

// innDigit returns the check digit over the digits of body.
func innDigit(body string, weights ...int) string {
	sum := 0
	for i, w := range weights {
		sum += int(body[i]-'0') * w
	}
	return fmt.Sprint(sum % 11 % 10)
}

// snilsKey returns the two check digits over nine digits.
func snilsKey(body string) string {
	sum := 0
	for i := range 9 {
		sum += int(body[i]-'0') * (9 - i)
	}
	return fmt.Sprintf("%02d", sum%101%100)
}

// validINN says whether v is the ИНН of a person: 12 digits whose check digits are right.
func validINN(v string) bool {
	return len(v) == 12 && digits(v) == v && v != "000000000000" &&
		v[10:11] == innDigit(v, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8) &&
		v[11:] == innDigit(v, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
}

// validSNILS says whether v is a СНИЛС: 11 digits; numbers up to 001-001-998 have no check.
func validSNILS(v string) bool {
	return len(v) == 11 && digits(v) == v && v != "00000000000" && (v[:9] <= "001001998" || v[9:] == snilsKey(v))
}

// validDate says whether v is a day like 1991-03-14.
func validDate(v string) bool {
	_, err := time.Parse(time.DateOnly, v)
	return err == nil
}

// FirmName returns the employer's name.
func (j Job) FirmName() string {
	i := slices.IndexFunc(firms, func(f firm) bool { return f.inn == j.Firm })
	if i < 0 {
		return j.Firm
	}
	return firms[i].name
}
