//! The images of a run: what the labs ask for, and what is said of those that cannot be had.

use std::collections::BTreeMap;
use std::path::Path;

use crate::cluster::{Lack, StandIn};
use crate::plan::{Plan, needs};

/// The images that the labs and the baseline ask for.
pub(super) struct Images {
    /// Where each is asked for first.
    places: BTreeMap<String, String>,
    /// There may be others: not all that is applied can be read before the run.
    pub(super) more: bool,
}

impl Images {
    /// As far as pages and manifests tell.
    pub(super) fn of(plan: &Plan, setup: Option<&Path>) -> Self {
        let (mut places, mut more) = setup.map(needs::of_setup).unwrap_or_default();
        for lab in &plan.labs {
            let needs = needs::of(lab);
            more |= needs.more_images;
            for (image, place) in needs.images {
                places.entry(image).or_insert(place);
            }
        }
        Self { places, more }
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.places.keys().cloned().collect()
    }

    /// What a lab's author is told of an image before the first command.
    pub(super) fn warning(&self, lack: &Lack) -> String {
        let Lack { image, reason } = lack;
        let place = self.place(image);
        let name = image.rsplit('/').next().unwrap_or(image);
        let name = name.split([':', '@']).next().unwrap_or(name);
        format!(
            "{place}: pods will wait for the image {image}, which cannot be had: {reason}; \
             next: write images/{name}.yaml beside the page, a recipe like those in labs/images of labproof"
        )
    }

    /// What is said of an image that comes from a recipe of another name.
    pub(super) fn remark(&self, stand_in: &StandIn) -> String {
        let StandIn { image, recipe } = stand_in;
        format!(
            "{}: {image} is made by the recipe of {recipe} here",
            self.place(image)
        )
    }

    fn place(&self, image: &str) -> &str {
        self.places.get(image).map_or("a lab", String::as_str)
    }
}
