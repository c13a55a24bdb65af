use super::*;

#[test]
fn rounds_the_time_left_up() {
    assert_eq!(whole_seconds(Duration::from_millis(599_001)).as_secs(), 600);
    assert_eq!(whole_seconds(Duration::from_nanos(1)).as_secs(), 1);
    assert_eq!(whole_seconds(Duration::from_secs(65)).as_secs(), 65);
    assert_eq!(whole_seconds(Duration::ZERO).as_secs(), 0);
}
