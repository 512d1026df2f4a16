package app

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kabinet/services"
)

// benchService is a service of one short step that is sent without a code: the
// shortest whole way through the portal.
const benchService = `code: bench-service
number: ИЗ-001
agency: city
kind: regional
category: applications
type: improvement
icon: wrench
title: {ru: Обращение для измерений, en: Request for measurements}
summary: {ru: "Имя и несколько слов", en: "A name and a few words"}
description: {ru: "Служит для измерения скорости портала.", en: "Serves to measure the speed of the portal."}
keywords: {ru: [измерение], en: [measurement]}
who:
  level: simplified
  text: {ru: "Любой житель.", en: "Any resident."}
fee: 0
term: {length: 8, unit: working_days, pauses: true}
fill_minutes: 1
visits: 0
steps:
  - title: {ru: Напишите, en: Write}
    text: {ru: "Имя и несколько слов.", en: "A name and a few words."}
signing: none
routing: {queue: city}
consent: {ru: "Согласен на обработку имени.", en: "I agree that my name is processed."}
result:
  title: {ru: Ответ на обращение, en: Answer to the request}
form:
  steps:
    - id: words
      title: {ru: Обращение, en: Request}
      minutes: 1
      fields:
        - id: name
          kind: text
          label: {ru: Имя, en: Name}
        - id: comment
          kind: textarea
          label: {ru: Текст, en: Text}
          max: 2000
examples:
  - name: a name and words
    given: {name: Anna Petrova, comment: words}
    expect: {}
    route: queue:city
`

// made is the frame of a made-up service: code, number, agency, kind, icon,
// titles, summaries.
const made = `code: %s
number: ИЗ-%05d
agency: %s
kind: %s
category: %s
type: %s
icon: file-text
title: {ru: "%s", en: "%s"}
summary: {ru: "%s", en: "%s"}
description: {ru: "%s, чтобы получить решение в срок.", en: "%s, to get a decision in time."}
keywords: {ru: [решение], en: [decision]}
who:
  level: simplified
  text: {ru: "Любой житель.", en: "Any resident."}
fee: %d
term: {length: %d, unit: working_days}
fill_minutes: 3
visits: 0
steps:
  - title: {ru: Заполните заявление, en: Fill in the application}
    text: {ru: "Один короткий шаг.", en: "One short step."}
signing: none
routing: {queue: %s}
consent: {ru: "Согласен на обработку имени.", en: "I agree that my name is processed."}
result:
  title: {ru: Решение, en: Decision}
form:
  steps:
    - id: words
      title: {ru: Заявление, en: Application}
      fields:
        - {id: name, kind: text, label: {ru: Имя, en: Name}}
        - {id: comment, kind: textarea, label: {ru: Текст, en: Text}}
examples:
  - {name: a name and words, given: {name: Anna Petrova, comment: words}, expect: {}, route: "queue:%s"}
`

// The words that made-up services are named with: an act, a thing, for whom.
var (
	madeActs = [][2]string{
		{"Получение", "Getting"}, {"Замена", "Replacement of"}, {"Продление", "Renewal of"}, {"Регистрация", "Registration of"},
		{"Исправление", "Correction of"}, {"Восстановление", "Restoring of"}, {"Проверка", "Check of"}, {"Выдача копии", "A copy of"},
		{"Отмена", "Cancelling of"}, {"Перевод", "Transfer of"},
	}
	madeThings = [][2]string{
		{"паспорта", "a passport"}, {"свидетельства", "a certificate"}, {"лицензии", "a licence"}, {"пособия", "a benefit"}, {"субсидии", "a subsidy"},
		{"разрешения", "a permit"}, {"выписки", "an extract"}, {"полиса", "a policy"}, {"договора", "a contract"}, {"справки", "a statement"},
		{"удостоверения", "a card"}, {"пенсии", "a pension"}, {"участка", "a plot of land"}, {"автомобиля", "a car"}, {"квартиры", "a flat"},
		{"места в школе", "a place at school"}, {"места в саду", "a place in a kindergarten"}, {"прививки", "a vaccination"}, {"рецепта", "a prescription"},
		{"пропуска", "a pass"}, {"адреса", "an address"}, {"налога", "a tax"}, {"штрафа", "a fine"}, {"счёта", "an account"}, {"архивной записи", "an archive record"},
	}
	madePeople = [][2]string{
		{"для детей", "for children"}, {"для студентов", "for students"}, {"для пенсионеров", "for pensioners"}, {"для ветеранов", "for veterans"},
		{"для семей", "for families"}, {"для предпринимателей", "for entrepreneurs"}, {"для водителей", "for drivers"}, {"для врачей", "for doctors"},
		{"для учителей", "for teachers"}, {"для фермеров", "for farmers"}, {"для соседей", "for neighbours"}, {"для инвалидов", "for disabled people"},
		{"для спортсменов", "for athletes"}, {"для музеев", "for museums"}, {"для рыбаков", "for fishermen"}, {"для строителей", "for builders"},
		{"для переселенцев", "for settlers"}, {"для военных", "for soldiers"}, {"для моряков", "for sailors"}, {"для садоводов", "for gardeners"},
		{"для арендаторов", "for tenants"}, {"для опекунов", "for guardians"}, {"для доноров", "for donors"}, {"для артистов", "for artists"},
		{"для пасечников", "for beekeepers"}, {"для охотников", "for hunters"}, {"для туристов", "for tourists"}, {"для мастеров", "for craftsmen"},
		{"для магазинов", "for shops"}, {"для гостиниц", "for hotels"}, {"для общежитий", "for hostels"}, {"для клубов", "for clubs"},
		{"для библиотек", "for libraries"}, {"для аптек", "for pharmacies"}, {"для пекарен", "for bakeries"}, {"для лесников", "for foresters"},
		{"для сёл", "for villages"}, {"для городов", "for towns"}, {"для районов", "for districts"}, {"для области", "for the region"},
	}
)

// writeServices fills a folder with n services: those of the program, the one
// for measurements, and made-up ones.
func writeServices(dir string, n int) error {
	count := 0
	err := fs.WalkDir(services.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".yaml") {
			return err
		}
		if strings.Contains(name, "/") {
			count++
		}
		data, err := fs.ReadFile(services.FS, name)
		if err != nil {
			return err
		}
		return writeService(dir, name, data)
	})
	if err != nil {
		return fmt.Errorf("writing services: %w", err)
	}
	if err := writeService(dir, "city/bench-service.yaml", []byte(benchService)); err != nil {
		return err
	}
	for i := 0; count+1+i < n; i++ {
		agency, code, text := madeService(i)
		if err := writeService(dir, agency+"/"+code+".yaml", []byte(text)); err != nil {
			return err
		}
	}
	return nil
}

// madeService returns the i-th made-up service. Their names differ up to ten
// thousand, then a number is added.
func madeService(i int) (agency, code, text string) {
	act := madeActs[i%len(madeActs)]
	thing := madeThings[i/len(madeActs)%len(madeThings)]
	who := madePeople[i/len(madeActs)/len(madeThings)%len(madePeople)]
	ru, en := act[0]+" "+thing[0]+" "+who[0], act[1]+" "+thing[1]+" "+who[1]
	if round := i / (len(madeActs) * len(madeThings) * len(madePeople)); round > 0 {
		ru, en = fmt.Sprintf("%s %d", ru, round), fmt.Sprintf("%s %d", en, round)
	}
	agency = []string{"tax", "social", "registry", "health", "passport", "city"}[i%6]
	kind := []string{"federal", "regional", "regional", "regional", "federal", "regional"}[i%6]
	category := []string{"documents", "payments", "applications"}[i%3]
	sort := []string{"certificate", "registration", "benefit", "improvement", "permit"}[i%5]
	code = fmt.Sprintf("made-%05d", i)
	return agency, code, fmt.Sprintf(made, code, i, agency, kind, category, sort, ru, en, ru, en, ru, en, i%7*10000, 3+i%20, agency, agency)
}

func writeService(dir, name string, data []byte) error {
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("writing services: %w", err)
	}
	return os.WriteFile(path, data, 0o600)
}
