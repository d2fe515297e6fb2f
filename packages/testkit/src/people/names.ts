/** Names of a language's speakers, the frequent ones first. */
export interface NamesOfLanguage {
  readonly given: readonly string[]
  readonly surnames: readonly string[]
}

const german: NamesOfLanguage = {
  given: words(`Anna Thomas Sabine Michael Jürgen Petra Andreas Günther Käthe Stefan Jörg Ursula Björn Katrin Wolfgang
    Bärbel Matthias Heike Uwe Anke Karl-Heinz Silke Dieter Renate Sören Hannelore Florian Ingrid Tobias Eva-Maria`),
  surnames:
    words(`Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein
    Schröder Neumann Schwarz Zimmermann Krüger Braun Hofmann Hartmann Lange Schmitt Krause Lehmann Köhler Herrmann Walter König
    Mayer Huber Kaiser Fuchs Peters Scholz Möller Weiß Jung Hahn Schubert Vogel Friedrich Günter Keller Winkler Roth Lorenz
    Baumann Albrecht Schuster Böhm Kraus Krämer Großmann Jäger Ullrich Brandt Grünewald Sommer`),
}

const english: NamesOfLanguage = {
  given:
    words(`James Mary John Patricia Robert Jennifer David Linda William Elizabeth Richard Susan Joseph Jessica Sarah
    Charles Karen Christopher Nancy Daniel Margaret Matthew Sandra Anthony Ashley Mark Emily Steven Kimberly Siobhán`),
  surnames:
    words(`Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Taylor Moore Jackson Martin Lee Thompson White
    Harris Clark Lewis Robinson Walker Young Allen King Wright Scott Hill Green Adams Baker Nelson Hall Campbell Mitchell Carter
    Roberts Phillips Evans Turner Parker Collins Edwards Stewart Morris Murphy O'Brien O'Connor Rogers Reed Cook Bailey Bell
    Cooper Ward Peterson MacDonald Kelly Gray Watson Brooks Bennett Smith-Jones`),
}

const french: NamesOfLanguage = {
  given:
    words(`Jean Marie Pierre Nathalie Michel Isabelle François Sylvie René Hélène Frédéric Catherine Stéphane Françoise
    Jérôme Céline Olivier Aurélie Loïc Chloé Benoît Zoé Rémi Anaïs Jean-Luc Marie-Thérèse Gaël Noémie Cédric Maëlle`),
  surnames:
    words(`Dubois Durand Leroy Moreau Lefèbvre Bernard Petit Robert Richard Laurent Michel Garnier Roux Fournier Girard
    Bonnet Dupont Lambert Fontaine Rousseau Vincent Faure Mercier Blanc Guérin Boyer Chevalier Gauthier Perrin Morin Mathieu
    Clément Gérard Lemaître Nguyên-Dupuis Legrand Barbier Hébert Brunet Besançon Côté Beauséjour Brasseur Vallée L'Hôpital
    Delacroix D'Aubigné Marchand Renard Chêne Aubert Prévost Deschamps Benoît Colin Étienne Lévêque Joly Picard Vasseur`),
}

const spanish: NamesOfLanguage = {
  given: words(`María José Carmen Antonio Ana Manuel Isabel Francisco Laura Juan Cristina Javier Pilar Ángel Lucía Jesús
    Dolores Rafael Begoña Miguel Raquel Íñigo Rocío Andrés Teresa Ramón Elena Joaquín Inés Álvaro`),
  surnames: words(`García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Jiménez Ruiz Hernández Díaz
    Muñoz Álvarez Romero Alonso Gutiérrez Navarro Torres Domínguez Vázquez Ramos Gil Ramírez Serrano Molina Suárez Ortega
    Delgado Castro Ortiz Rubio Marín Sanz Iglesias Núñez Medina Garrido Santos Castillo Cortés Lozano Guerrero Cano Prieto
    Méndez Cruz Calvo Gallego Vidal León Herrera Márquez Peña Cabrera Flores Ibáñez Campos Carrasco`),
}

const polish: NamesOfLanguage = {
  given: words(`Anna Piotr Małgorzata Krzysztof Katarzyna Andrzej Agnieszka Tomasz Barbara Paweł Ewa Jan Elżbieta Michał
    Krystyna Stanisław Magdalena Łukasz Joanna Wojciech Bożena Rafał Zofia Mariusz Grażyna Jarosław Danuta Mirosław Żaneta Józef`),
  surnames:
    words(`Nowak Kowalska Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski
    Kozłowski Jankowski Mazur Wojciechowski Kwiatkowski Krawczyk Kaczmarek Piotrowski Grabowski Zając Pawłowski Michalski Król
    Wieczorek Jabłoński Wróbel Nowakowski Majewski Olszewski Stępień Malinowski Jaworski Adamczyk Dudek Nowicki Pawlak Górski
    Witkowski Walczak Sikora Baran Rutkowski Michalak Szewczyk Ostrowski Tomaszewski Pietrzak Zalewski Wróblewski Marciniak
    Jasiński Zawadzki Bąk Jakubowski Sadowski Duda Włodarczyk Chmielewski`),
}

const norwegian: NamesOfLanguage = {
  given:
    words(`Anne Jan Inger Per Kari Bjørn Marit Ole Ingrid Lars Liv Kjell Åse Arne Berit Knut Astrid Svein Bjørg Øyvind
    Hilde Håkon Solveig Tor Randi Terje Kåre Ragnhild Pål Synnøve`),
  surnames:
    words(`Hansen Johansen Olsen Larsen Andersen Pedersen Nilsen Kristiansen Jensen Karlsen Johnsen Pettersen Eriksen Berg
    Haugen Hagen Johannessen Andreassen Jacobsen Dahl Jørgensen Halvorsen Henriksen Lund Sørensen Jakobsen Moen Gundersen Iversen
    Strand Solberg Martinsen Svendsen Eide Knutsen Bakken Kristoffersen Mathisen Lie Amundsen Nguyen Rasmussen Kristensen Lunde
    Solheim Bøe Ødegård Ås Nygård Myhre Bråten Sæther Aune Tangen Fossum Vågen Rønning Næss Hauge Thorsen`),
}

const turkish: NamesOfLanguage = {
  given: words(`Mehmet Ayşe Mustafa Fatma Ahmet Emine Ali Hatice Hüseyin Zeynep Hasan Elif İbrahim Meryem İsmail Şerife
    Osman Sultan Yusuf Gülşen Murat Özlem Ömer Çiğdem Ramazan Tuğba Uğur Gökhan Şükrü Büşra`),
  surnames:
    words(`Yılmaz Kaya Demir Şahin Çelik Yıldız Yıldırım Öztürk Aydın Özdemir Arslan Doğan Kılıç Aslan Çetin Kara Koç
    Kurt Özkan Şimşek Polat Korkmaz Çakır Erdoğan Yavuz Acar Güler Şen Aktaş Tekin Köse Ateş Avcı Bulut Bozkurt Güneş Işık
    Taş Kaplan Turan Keskin Ünal Gül Uysal Tunç Özer Yüksel Bayram Ceylan Güzel Sarı Duman Karaca Toprak Uçar Ekinci Akın Önal
    Pınar Sönmez`),
}

const czech: NamesOfLanguage = {
  given:
    words(`Jiří Marie Jan Jana Petr Eva Josef Hana Pavel Věra Martin Lenka Tomáš Alena Jaroslav Kateřina Miroslav Lucie
    Zdeněk Ludmila Václav Jitka Michal Zdeňka František Šárka Ondřej Božena Luboš Růžena`),
  surnames:
    words(`Novák Nováková Svoboda Svobodová Novotný Dvořák Dvořáková Černý Procházka Kučera Veselý Krejčí Horák Němec
    Marek Pospíšil Pokorný Hájek Jelínek Král Růžička Beneš Fiala Sedláček Doležal Zeman Kolář Navrátil Čermák Vaněk Urban Kříž
    Blažek Kovář Kratochvíl Bartoš Vlček Musil Kopecký Šimek Konečný Malý Čech Kadlec Staněk Štěpánek Holub Dostál Soukup Šťastný
    Mareš Sýkora Moravec Vávra Tichý Matoušek Bláha Říha Ševčík Hruška`),
}

const vietnamese: NamesOfLanguage = {
  given: words(`Anh Hương Minh Lan Dũng Thảo Hùng Mai Tuấn Phương Đức Linh Sơn Hà Thắng Ngọc Quân Yến Trung Hạnh
    Khánh Trang Việt Nhung Bảo Oanh Long Tuyết Phúc Xuân`),
  surnames:
    words(`Nguyễn-Văn Trần Lê Phạm Huỳnh Phan Vũ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đào Đoàn Vương Trịnh Trương Đinh Lâm
    Phùng Tô Cao Thái Châu Quách Hứa Mạc Kiều Tăng Lương Giang Nghiêm Khổng`),
}

const indian: NamesOfLanguage = {
  given:
    words(`Priya Rahul Anjali Amit Sunita Sanjay Kavita Rajesh Deepa Vijay Lakshmi Arjun Meera Suresh Pooja Ravi Neha
    Manoj Divya Anil Swati Ashok Rekha Kiran Vikram Asha Ganesh Shanti Nikhil Usha`),
  surnames:
    words(`Sharma Singh Kumar Patel Gupta Verma Reddy Iyer Nair Mehta Joshi Rao Desai Shah Agarwal Mishra Pandey Chopra
    Malhotra Kapoor Banerjee Mukherjee Chatterjee Das Ghosh Bose Sen Menon Pillai Krishnan Subramanian Venkataraman Naidu Chauhan
    Yadav Thakur Tiwari Saxena Srivastava Bhatt Kulkarni Deshpande Patil Jain Khanna Sethi Bhatia Arora Grover Ahuja`),
}

const dutch: NamesOfLanguage = {
  given:
    words(`Johannes Maria Pieter Anneke Hendrik Wilhelmina Jeroen Marieke Willem Saskia Bas Femke Joost Zoë Daniël Renée
    Sander Lieke Ruud Annelies Koen Mieke Thijs Loes Maarten Sanne Gijs Tineke Noël Chloë`),
  surnames:
    `De Jong|Jansen|De Vries|Van den Berg|Van Dijk|Bakker|Janssen|Visser|Smit|Meijer|De Boer|Mulder|De Groot|Bos|Vos
    |Hendriks|Van Leeuwen|Dekker|Brouwer|De Wit|Dijkstra|Smits|De Graaf|Van der Meer|Van der Linden|Kok|Van der Heijden
    |Van Vliet|De Bruin|Schouten|Van Beek|Vermeulen|Van der Veen|Willems|Hoekstra|Van Dam|Prins|Postma|Veenstra|Kuipers|Daniëls
    |Ter Horst|Verhoeven|Ten Hag|'t Hooft|Coppens|Jacobs|Driessen|Molenaar|Blom`
      .split('|')
      .map((surname) => surname.trim()),
}

/** Everybody's. */
export const languages = {
  german,
  english,
  french,
  spanish,
  polish,
  norwegian,
  turkish,
  czech,
  vietnamese,
  indian,
  dutch,
} as const satisfies Record<string, NamesOfLanguage>

export type Language = keyof typeof languages

function words(text: string): readonly string[] {
  return text.split(/\s+/)
}
