//! Names of people, employers, shops and things that money is spent on. All invented.

use super::dice::Dice;

const GIVEN: [&str; 96] = [
    "Anna", "Ben", "Clara", "David", "Elena", "Felix", "Greta", "Hannes", "Ida", "Jonas", "Katharina", "Lukas", "Marta",
    "Nils", "Olivia", "Paul", "Quirin", "Rosa", "Simon", "Theresa", "Ulrich", "Vera", "Wanda", "Xaver", "Yara", "Zoe",
    "Amélie", "Baptiste", "Chloé", "Étienne", "Margaux", "Théo", "Giulia", "Lorenzo", "Francesca", "Matteo", "Chiara",
    "Davide", "Lucía", "Álvaro", "Inés", "Javier", "Nuria", "Pablo", "Agnieszka", "Tomasz", "Małgorzata", "Łukasz", "Zofia",
    "Jakub", "Sofia", "Rui", "Beatriz", "João", "Ewa", "Kasper", "Freja", "Mikkel", "Astrid", "Søren", "Ingrid", "Lars",
    "Aino", "Väinö", "Siiri", "Niamh", "Cian", "Aoife", "Eoin", "Fatima", "Mehmet", "Leyla", "Emre", "Zeynep", "Omar",
    "Nadia", "Yusuf", "Amina", "Priya", "Arjun", "Ananya", "Rohan", "Mei", "Wei", "Haruto", "Yui", "Sakura", "Kenji",
    "Olena", "Andriy", "Iryna", "Dmytro", "Chinwe", "Kwame", "Amara", "Tunde",
];

const FAMILY: [&str; 96] = [
    "Adler", "Bauer", "Czerny", "Dorn", "Ebner", "Fischer", "Gruber", "Hofmann", "Imhof", "Jansen", "Keller", "Lorenz",
    "Maurer", "Neumann", "Ostermann", "Pichler", "Quandt", "Richter", "Steiner", "Thaler", "Urban", "Vogel", "Wagner",
    "Zimmermann", "Moreau", "Lefèvre", "Dubois", "Girard", "Mercier", "Rossi", "Bianchi", "Ferrari", "Romano", "Conti",
    "García", "Martín", "Navarro", "Serrano", "Iglesias", "Kowalska", "Nowak", "Wiśniewski", "Zieliński", "Mazur", "Silva",
    "Ferreira", "Carvalho", "Moura", "Jensen", "Nielsen", "Lindqvist", "Bergström", "Holm", "Dahl", "Virtanen", "Korhonen",
    "Laine", "O'Brien", "Murphy", "Kavanagh", "Byrne", "Yılmaz", "Demir", "Kaya", "Şahin", "Haddad", "Nasser", "Rahman",
    "Hussain", "Sharma", "Patel", "Iyer", "Mehta", "Chen", "Wang", "Zhang", "Tanaka", "Sato", "Suzuki", "Yamamoto",
    "Shevchenko", "Kovalenko", "Bondar", "Melnyk", "Okafor", "Mensah", "Adeyemi", "Diallo", "van den Berg", "de Vries",
    "Bakker", "Peeters", "Popescu", "Ionescu", "Horvat", "Novák",
];

const EMPLOYERS: [&str; 16] = [
    "Nordlicht Maschinenbau GmbH", "Kantonsspital Seetal", "Rheinufer Logistik AG", "Bäckerei Sonnentor", "Atelier Blau",
    "Stadtwerke Auental", "Farrow & Finch Ltd", "Zitronenhain Catering", "Grundschule Am Anger", "Polarfuchs Software GmbH",
    "Hafenkontor Spedition", "Tischlerei Eichblatt", "Meridian Optik AG", "Landesarchiv Mitte", "Quellwasser Getränke KG",
    "Theater am Kanal",
];

const SHOPS: [&str; 20] = [
    "Markthalle 7", "Bio-Laden Kräuterhof", "Tankstelle Westring", "Buchhandlung Seitenweise", "Café Zimt",
    "Drogerie Lindenblüte", "Fahrradwerk", "Elektro Funke", "Hotel Bergblick", "Pizzeria Da Nino", "Schuhhaus Trittfest",
    "Online Bazaar", "Bahn Ticketshop", "Kino Lichtspiel", "Gartencenter Immergrün", "Apotheke am Markt", "Weinkeller Roth",
    "Möbelhof", "Sportarena", "Blumen Petersen",
];

const REFERENCES: [&str; 16] = [
    "Thanks for dinner", "Concert tickets", "Shared holiday flat", "Invoice 2025-{n}", "Birthday present", "Electricity share",
    "Car repair, invoice {n}", "Piano lessons", "Club membership {n}", "Refund for the books", "Groceries", "Football boots",
    "Handwerker Rechnung {n}", "Kita-Essen", "Umzugskosten", "Loan instalment",
];

/// Given and family name of a person.
pub fn person(dice: &mut Dice) -> (&'static str, &'static str) {
    (dice.pick::<&str>(&GIVEN), dice.pick::<&str>(&FAMILY))
}

/// An employer; the same index always has the same name.
pub fn employer(index: usize) -> &'static str {
    EMPLOYERS[index % EMPLOYERS.len()]
}

/// Somewhere to pay by card.
pub fn shop(dice: &mut Dice) -> &'static str {
    dice.pick::<&str>(&SHOPS)
}

/// What somebody writes on a transfer.
pub fn reference(dice: &mut Dice) -> String {
    let template = *dice.pick(&REFERENCES);
    if template.contains("{n}") {
        template.replace("{n}", &(1000 + dice.below(9000)).to_string())
    } else {
        template.to_owned()
    }
}

/// English name of a month, 1 to 12.
pub fn month(month: u32) -> &'static str {
    const MONTHS: [&str; 12] = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ];
    MONTHS[(month as usize).saturating_sub(1) % 12]
}
